"""Tables of extensions."""

import pytest

from edgemood.errors import UnknownNameError
from edgemood.registry import Registry


def test_a_failed_look_up_lists_the_known_names() -> None:
    table = Registry("thing", [("a", 1), ("b", 2)])
    assert dict(table) == {"a": 1, "b": 2}
    assert "a" in table
    assert "c" not in table
    with pytest.raises(UnknownNameError, match=r"thing 'c'.*a, b"):
        table["c"]


def test_duplicates_are_refused() -> None:
    with pytest.raises(ValueError, match="'a'"):
        Registry("thing", [("a", 1), ("a", 2)])

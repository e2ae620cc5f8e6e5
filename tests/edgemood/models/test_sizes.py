"""Sizes of an architecture, as a manifest states them."""

import pytest

from edgemood.errors import LayoutError
from edgemood.models.sizes import (
    FOLDED,
    check_size_names,
    is_folded,
    layer_widths,
    positive_integer,
)


def test_valid_sizes() -> None:
    sizes = {"dim": 3, "hidden": (4, 5), "head": ()}
    assert positive_integer(sizes, "dim") == 3
    assert layer_widths(sizes, "hidden") == (4, 5)
    assert layer_widths(sizes, "head") == ()


@pytest.mark.parametrize("value", [0, -1, (3,), None])
def test_not_a_positive_integer(value: object) -> None:
    with pytest.raises(LayoutError, match="dim"):
        positive_integer({"dim": value}, "dim")


def test_a_missing_size_is_named() -> None:
    with pytest.raises(LayoutError, match="dim"):
        positive_integer({}, "dim")
    with pytest.raises(LayoutError, match="hidden"):
        layer_widths({}, "hidden")


@pytest.mark.parametrize("value", [5, (0,), (4, -1)])
def test_not_a_list_of_widths(value: object) -> None:
    with pytest.raises(LayoutError, match="hidden"):
        layer_widths({"hidden": value}, "hidden")


def test_names_are_checked_and_optional_ones_allowed() -> None:
    check_size_names({"dim": 1}, {"dim"}, optional={FOLDED})
    check_size_names({"dim": 1, FOLDED: 1}, {"dim"}, optional={FOLDED})
    for sizes in ({}, {FOLDED: 1}, {"dim": 1, "surplus": 1}):
        with pytest.raises(LayoutError):
            check_size_names(sizes, {"dim"}, optional={FOLDED})


@pytest.mark.parametrize(("sizes", "folded"), [({FOLDED: 1}, True), ({FOLDED: 0}, False), ({}, 0)])
def test_folded(sizes: dict, folded: bool) -> None:
    assert is_folded(sizes) == folded

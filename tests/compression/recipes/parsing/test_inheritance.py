"""`like` and `without`."""

from typing import Any

import pytest

from compression.recipes.parsing.inheritance import resolve_bases


def tables(**changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "first": {"seed": 3, "vocabulary": {"min_count": 4, "max_words": 50}},
        "second": {"like": "first", "vocabulary": {"max_words": 20}},
        "third": {"like": "second", "without": ["vocabulary"], "seed": 5},
        **changes,
    }


def test_fields_are_inherited_overridden_and_left_out() -> None:
    assert resolve_bases(tables()) == {
        "first": {"seed": 3, "vocabulary": {"min_count": 4, "max_words": 50}},
        "second": {"seed": 3, "vocabulary": {"min_count": 4, "max_words": 20}},
        "third": {"seed": 5},
    }


def test_a_table_may_replace_a_value() -> None:
    found = resolve_bases({"a": {"x": 1}, "b": {"like": "a", "x": {"y": 2}}})
    assert found["b"] == {"x": {"y": 2}}


def test_what_is_no_table_stays_for_the_validation() -> None:
    assert resolve_bases({"a": 3, "b": {"like": "a"}}) == {"a": 3, "b": 3}


def test_the_tables_themselves_are_not_changed() -> None:
    before = tables()
    resolve_bases(before)
    assert before == tables()


@pytest.mark.parametrize(
    ("name", "table", "problem"),
    [
        ("second", {"like": "zeroth"}, "second: like 'zeroth'; known: first, second, third"),
        ("second", {"like": "third"}, "third: like second, which is like third"),
        ("second", {"like": "second"}, "second: like second, which is like second"),
        ("third", {"like": "second", "without": ["training"]}, "'training'; second has: seed, "),
        ("third", {"like": ["second"]}, r"third: like \['second'\]; known: first, second"),
        ("third", {"like": "second", "without": "seed"}, "third: `without` must be an array"),
        ("third", {"like": "second", "without": [["seed"]]}, r"third: without \['seed'\]; second"),
        ("third", {"without": ["seed"]}, "third: `without` needs `like`"),
    ],
)
def test_missing_and_circular_names(name: str, table: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        resolve_bases(tables(**{name: table}))

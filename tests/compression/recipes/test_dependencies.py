"""The bases that a base needs."""

from typing import Any

import pytest

from compression.recipes.dependencies import check_dependencies, required_bases
from compression.settings import BaseSettings


def bases(**tables: dict[str, Any]) -> dict[str, BaseSettings]:
    return {name: BaseSettings.model_validate(table) for name, table in tables.items()}


def teacher(name: str, **further: Any) -> dict[str, Any]:
    return {"distillation": {"teacher": name, **further}}


def start(name: str) -> dict[str, Any]:
    return {"embedding": {"start": "base", "base": name}}


def test_required_bases_come_in_the_order_of_training() -> None:
    found = bases(a=teacher("b"), b=start("c"), c={}, d=teacher("transformer"), e={})
    assert list(required_bases(found["a"], found)) == ["c", "b"]
    assert required_bases(found["d"], found) == {}


def test_valid_dependencies() -> None:
    check_dependencies(bases(a=teacher("b"), b=teacher("t"), c=start("a")), ["t"])
    check_dependencies(bases(a=teacher("b", co_training={}), b={}), [])


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"a": teacher("b")}, "base a: no teacher 'b'; known: a, t"),
        ({"a": start("b")}, "base a: no embedding 'b'; known: a"),
        (
            {"a": {"embedding": {"start": "teacher", "teacher": "a"}}},
            "base a: no transformer 'a'; known: t",
        ),
        ({"a": teacher("a")}, "in a circle: a <- a"),
        ({"a": teacher("b"), "b": start("a")}, "in a circle: a <- b <- a"),
        ({"t": {}}, "share the name t"),
        ({"a": teacher("t", co_training={})}, "base a: a transformer"),
        (
            {"a": teacher("b", co_training={}), "b": teacher("c"), "c": {}},
            "base a: a co-trained teacher",
        ),
    ],
)
def test_dependencies_that_cannot_be_met(tables: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_dependencies(bases(**tables), ["t"])

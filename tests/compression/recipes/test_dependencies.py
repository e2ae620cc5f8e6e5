"""The bases and texts that a base needs."""

from typing import Any

import pytest

from compression.recipes.dependencies import check_dependencies, check_texts, required_bases
from compression.settings import BaseSettings, TransformerSettings


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


@pytest.mark.parametrize(
    ("further", "problem"),
    [
        ({"texts": "other"}, "base a: no texts 'other'; known: s, u, c"),
        ({"texts": "c", "mix": {"u": 0.5}}, "mix: its teacher has no source 'u'; known: s"),
        ({"texts": "c", "thresholds": 0.5}, "thresholds: no source 'c'; known: s, u"),
        ({"texts": "u", "thresholds": 0.5}, "thresholds: its teacher has no source 'u'; known: s"),
    ],
)
def test_further_texts_that_a_base_cannot_use(further: dict[str, Any], problem: str) -> None:
    found = bases(a={**teacher("t"), "further": [further]})
    transformers = {"t": TransformerSettings(model="m", sources=("s",), judgement=0.5)}
    with pytest.raises(ValueError, match=problem):
        check_texts(found, transformers, sources=["s", "u"], collections=["c"])


def test_thresholds_need_no_label_head_if_the_scores_of_the_teacher_do_not_count() -> None:
    further = {"texts": "u", "thresholds": 0.5}
    found = bases(
        a={**teacher("t"), "further": [further]}, b={**teacher("a"), "further": [further]}
    )
    check_texts(found, {"t": TransformerSettings(model="m")}, sources=["u"], collections=[])


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ({"sources": [], "collections": []}, "teacher t: no source 's'; known: none"),
        ({"sources": ["s"], "collections": ["s"]}, "a source and texts share the name s"),
        ({"sources": ["s", "data"], "collections": []}, "a source cannot have the name data"),
    ],
)
def test_names_of_sources_and_collections(names: dict[str, list[str]], problem: str) -> None:
    transformers = {"t": TransformerSettings(model="m", sources=("s",))}
    with pytest.raises(ValueError, match=problem):
        check_texts({}, transformers, **names)

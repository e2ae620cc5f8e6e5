"""Sentences about wrong fields, which are named as in the file."""

import copy
import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from compression.methods import METHODS
from compression.recipes.parsing.validation_errors import PATTERNS, describe, first_message
from compression.recipes.recipe import Recipe

RECIPE: dict[str, Any] = {
    "name": "r",
    "seeds": [1, 2],
    "data": {"format": "table", "train": "a.csv", "dev": "b.csv", "labels": ["joy"]},
    "teacher": {"big": {"model": "x", "sha256": "0" * 64, "seeds": [1, 2]}},
    "base": {
        "first": {"model": {"architecture": "bag", "hidden": [8]}, "training": {"pool": 3}},
        "second": {
            "like": "first",
            "without": ["training"],
            "model": {"architecture": "gru", "hidden": 8},
            "embedding": {"start": "file", "path": "glove.txt"},
            "distillation": {"teacher": "big", "weight": 0.5},
            "augmentation": {"texts": 5},
        },
    },
    "variant": [
        {"name": "fp32", "base": "first", "method": "fp32"},
        {"name": "small", "base": "first", "method": "lsq", "bits": 4, "training": {"epochs": 1}},
        {"name": "mixed", "base": "second", "method": "mixed", "widths": [2, 4], "max_loss": 0.1},
    ],
    "search": {
        "base": "first",
        "widths": {"model.dim": [4, 8]},
        "methods": {"int8-static": {"weight_bits": [4, 8]}},
    },
}
JARGON = (
    "discriminator",
    "Input",
    "Extra",
    "Field required",
    "valid",
    "instance",
    "pattern",
    "tuple",
    "dict",
    "None",
    "True",
    "unable",
    "error",
)
Steps = tuple[str | int, ...]


def changed(steps: Steps, value: object) -> dict[str, Any]:
    """The recipe with another value in one place."""
    table = copy.deepcopy(RECIPE)
    place: Any = table
    for step in steps[:-1]:
        place = place[step]
    if steps:
        place[steps[-1]] = value
    return table


def problems(table: dict[str, Any]) -> list[str]:
    try:
        Recipe.model_validate(table)
    except ValidationError as error:
        return list(describe(error, Recipe, table))
    return []


def test_the_unchanged_recipe_is_valid() -> None:
    assert problems(RECIPE) == []


@pytest.mark.parametrize(
    ("steps", "value", "problem"),
    [
        (("name",), 3, "name: must be a string, found 3"),
        (("name",), "Big", "name: must have at most 63 lower-case letters, .*, found 'Big'"),
        (("nmae",), "r", "nmae: unknown key; did you mean 'name'"),
        (("xyz",), "r", "xyz: unknown key; known: name, data, source, "),
        (("seeds", 1), -1, "seeds.item 2: must be at least 0, found -1"),
        (("seeds",), 3, "seeds: must be an array, found 3"),
        (("data",), 3, "data: must be a table, found 3"),
        (("data",), {"train": "x"}, "data: needs the key `format`: 'goemotions' or 'table'"),
        (("data",), {"format": "tabel"}, "data: `format` must be 'goemotions' or 'table', found"),
        (("data",), {"format": "table", "dev": "x"}, "data.train: is missing"),
        (("data", "format"), "goemotions", "data.train: unknown key; known: format, labels"),
        (("data", "quoted"), "perhaps", "data.quoted: must be true or false, found 'perhaps'"),
        (("data", "labels"), [], "data.labels: must not be empty"),
        (("data", "separator"), "", "data.separator: must not be empty"),
        (("base",), {}, "base: must not be empty"),
        (("base", "first"), [{}], r"base.first: must be a table; write .* \[NAME\]"),
        (("base", "First"), {}, "base.First: must have at most 63 lower-case letters"),
        (("base", "first", "a\nb"), 1, r"base.first.'a\\nb': unknown key"),
        (("base", "first", "lik"), "x", "base.first.lik: unknown key; did you mean 'like'"),
        (("base", "first", "seed"), True, "base.first.seed: must be a whole number, found true"),
        (("base", "first", "seed"), "3", "base.first.seed: must be a whole number, found '3'"),
        (("base", "first", "training", "warmup"), True, "warmup: must be a number, found true"),
        (("variant", 0, "fold"), "yes", "variant.fp32.fold: must be true or false, found 'yes'"),
        (("base", "first", "seed"), 0.5, "base.first.seed: must be a whole number, found 0.5"),
        (
            ("base", "first", "seed"),
            dt.date(2020, 1, 2),
            "base.first.seed: must be a whole number, found 2020-01-02",
        ),
        (
            ("base", "first", "training", "epochs"),
            0,
            "training.epochs: must be at least 1, found 0",
        ),
        (("base", "first", "training", "weight_decay"), float("inf"), "must be finite, found inf"),
        (
            ("base", "second", "embedding"),
            "file",
            "second.embedding: must be a table, found 'file'",
        ),
        (
            ("base", "second", "embedding", "start"),
            "files",
            "second.embedding: `start` must be 'file' or 'base' or 'teacher', found 'files'; did",
        ),
        (
            ("base", "second", "embedding", "paht"),
            "x",
            "embedding.paht: unknown key; did you mean 'p",
        ),
        (("base", "second", "model", "hidden"), [8], "second.model.hidden: must be a whole number"),
        (("base", "second", "distillation", "weight"), 2, "weight: must be at most 1.0, found 2"),
        (("base", "second", "distillation", "teacher"), "x", "^base second: no teacher 'x'; known"),
        (("base", "second", "like"), "third", "^base second: like 'third'; known: first, second"),
        (("teacher", "big", "sha256"), "x", "teacher.big.sha256: must be 64 hexadecimal digits"),
        (("teacher", "big", "warmup"), 1, "teacher.big.warmup: must be less than 1.0, found 1"),
        (("variant",), {"name": "a"}, r"variant: must be an array; write .* \[\[NAME\]\]"),
        (("variant", 0), 3, "variant.item 1: needs a `method`, one of: fp32"),
        (("variant", 0, "bits"), 3, "variant.fp32.bits: unknown key; known: name, base, "),
        (("variant", 1, "bit"), 3, "variant.small.bit: unknown key; did you mean 'bits'"),
        (("variant", 1, "bits"), 9, "variant.small.bits: must be at most 8, found 9"),
        (("variant", 1, "training", "epoch"), 9, "variant.small.training.epoch: .* mean 'epochs'"),
        (("variant", 1, "scales"), "x", "scales: must be 'rows' or 'matrices', found 'x'"),
        (("variant", 2, "widths", 0), 9, "variant.mixed.widths.item 1: must be at most 8, found 9"),
        (("variant", 0), {"method": "fp32"}, "variant.item 1.name: is missing"),
        (("search", "methods"), {"lsq": {"bits": ["x"]}}, "fit together: must be a whole number"),
        (("search", "widths"), {"model.dim": ["x"]}, "^search.widths.model.dim: must be a whole"),
    ],
)
def test_wrong_fields(steps: Steps, value: object, problem: str) -> None:
    found = problems(changed(steps, value))
    assert any(re.search(problem, line) for line in found), found


def test_the_first_message_has_no_field() -> None:
    with pytest.raises(ValidationError) as caught:
        Recipe.model_validate(changed(("name",), 3))
    assert first_message(caught.value) == "must be a string, found 3"


def places(table: object, steps: Steps = ()) -> list[Steps]:
    """The steps to every value of a table."""
    items: list[tuple[str | int, object]] = []
    if isinstance(table, dict):
        items = [*table.items(), ("another", 3)]
    elif isinstance(table, list):
        items = list(enumerate(table))
    return [steps, *(found for step, value in items for found in places(value, (*steps, step)))]


VALUES = st.recursive(
    st.one_of(
        st.integers(),
        st.floats(),
        st.booleans(),
        st.text(max_size=5),
        st.sampled_from(["table", "file", "first", "lsq", "fp32"]),
        st.dates(),
        st.datetimes(),
        st.times(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["like", "without", "start", "method", "x"]), inner),
    ),
    max_leaves=4,
)


@given(steps=st.sampled_from([place for place in places(RECIPE) if place]), value=VALUES)
def test_any_value_anywhere_is_valid_or_a_plain_sentence(steps: Steps, value: object) -> None:
    shown = repr(value)
    for line in problems(changed(steps, value)):
        assert "\n" not in line
        assert not any(word in line for word in JARGON if word not in shown), line


def test_every_pattern_has_a_sentence() -> None:
    models = [Recipe, *METHODS.values()]
    schemas = [str(model.model_json_schema()) for model in models]
    found = {part.split("'")[1] for schema in schemas for part in schema.split("'pattern':")[1:]}
    assert found == set(PATTERNS)

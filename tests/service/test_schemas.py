"""Limits and shapes that pydantic checks."""

from typing import Any

import pytest
from pydantic import ValidationError

from service.schemas import (
    MAX_CHARACTERS,
    MAX_TEXTS,
    ClassifyRequest,
    FeedbackRequest,
)


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"text": "a"}, ["a"]),
        ({"texts": ["a", "b"]}, ["a", "b"]),
        ({"text": "x" * MAX_CHARACTERS}, ["x" * MAX_CHARACTERS]),
        ({"texts": ["x"] * MAX_TEXTS}, ["x"] * MAX_TEXTS),
    ],
)
def test_one_text_or_many(fields: dict[str, Any], texts: list[str]) -> None:
    assert ClassifyRequest(**fields).all_texts == texts


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"text": "a", "texts": ["b"]},
        {"text": ""},
        {"text": "x" * (MAX_CHARACTERS + 1)},
        {"texts": []},
        {"texts": ["x"] * (MAX_TEXTS + 1)},
        {"text": "a", "surplus": 1},
        {"text": "a", "key": ""},
    ],
)
def test_requests_beyond_the_limits(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClassifyRequest(**fields)


@pytest.mark.parametrize(
    ("labels", "by_text"),
    [
        (["joy"], [["joy"]]),
        ([], [[]]),
        (["joy", "fear"], [["joy", "fear"]]),
        ([["joy"], []], [["joy"], []]),
    ],
)
def test_labels_of_one_text_or_several(labels: Any, by_text: list[list[str]]) -> None:
    assert FeedbackRequest(receipt="r", labels=labels).by_text == by_text

"""`[search]`: choices that exist and fit."""

import pytest
from pydantic import ValidationError

from compression.recipes.search_settings import SearchSettings
from compression.settings import BaseSettings


def search(methods: dict[str, object], widths: dict[str, object]) -> SearchSettings:
    return SearchSettings.model_validate({"base": "b", "methods": methods, "widths": widths})


def test_some_choices_need_to_fit_together() -> None:
    # Widths of 2 bits do not divide 5; those of 6 they do.
    assert search({"apot": {"bits": [5, 6, 7]}}, {}).methods["apot"]["bits"] == (5, 6, 7)
    with pytest.raises(ValidationError, match="no choices for apot fit together"):
        search({"apot": {"bits": [4, 6]}}, {})


@pytest.mark.parametrize(
    ("methods", "problem"),
    [
        ({}, "methods"),
        ({"lsq": {"bit": [1]}}, "lsq has no bit; known: activations, "),
        ({"lsq": {"bits": []}}, "bits"),
        ({"no": {}}, "unknown method 'no'"),
    ],
)
def test_methods_and_fields_exist(methods: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        search(methods, {})


@pytest.mark.parametrize(
    ("widths", "problem"),
    [
        ({"modle.dim": [4]}, r"no modle\.dim"),
        ({"distillation.weight": [1]}, r"no distillation\.weight"),
        ({"model.dim": [4, -4]}, r"search\.widths\.model\.dim: must be at least 1, found -4"),
    ],
)
def test_widths_are_fields_of_the_base(widths: dict[str, object], problem: str) -> None:
    settings = search({"fp32": {}}, widths)
    with pytest.raises(ValueError, match=problem):
        settings.check_widths(BaseSettings())


def test_widths_that_fit() -> None:
    search({"fp32": {}}, {"model.dim": [4, 8]}).check_widths(BaseSettings())

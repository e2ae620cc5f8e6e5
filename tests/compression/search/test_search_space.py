"""Bases and methods of trials."""

import optuna
import pytest
from pydantic import ValidationError

from compression.methods.fine_tuned.apot import ApotMethod
from compression.recipes.recipe import Recipe
from compression.search.search_space import suggest

CHOICES = {
    "base.model.dim": "8",
    "base.model.hidden": "[8, 6]",
    "method": "apot",
    "apot.training": '{"epochs": 1, "batch_size": 64}',
}


def test_choices_become_settings(recipe: Recipe) -> None:
    assert recipe.search is not None
    trial = optuna.trial.FixedTrial({**CHOICES, "apot.bits": "5"})
    base, method = suggest(trial, recipe.search, recipe.base["small"])  # type: ignore[arg-type]  # same methods
    assert (base.model.dim, base.model.hidden) == (8, (8, 6))
    assert base.vocabulary == recipe.base["small"].vocabulary
    assert isinstance(method, ApotMethod)
    assert (method.bits, method.training.epochs) == (5, 1)


def test_choices_that_do_not_fit(recipe: Recipe) -> None:
    assert recipe.search is not None
    trial = optuna.trial.FixedTrial({**CHOICES, "apot.bits": "6"})
    with pytest.raises(ValidationError):
        suggest(trial, recipe.search, recipe.base["small"])  # type: ignore[arg-type]  # same methods

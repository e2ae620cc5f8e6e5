"""Draws the base and the method of a trial from the recipe's `[search]`."""

import json
from typing import TYPE_CHECKING, Any

from compression.methods import METHODS, Method
from compression.recipes.search_settings import SearchSettings
from compression.settings import BaseSettings

if TYPE_CHECKING:
    import optuna


def suggest(
    trial: "optuna.Trial", space: SearchSettings, base: BaseSettings
) -> tuple[BaseSettings, Method]:
    """Settings of the base, and the method.

    Args:
        trial: draws the choices and stores them.
        space: the choices.
        base: the settings that `widths` changes.

    Raises:
        ValidationError: the choices do not fit together.
    """
    widths = {
        name: _suggest_one(trial, f"base.{name}", choices) for name, choices in space.widths.items()
    }
    method = str(trial.suggest_categorical("method", list(space.methods)))
    settings = {
        name: _suggest_one(trial, f"{method}.{name}", choices)
        for name, choices in space.methods[method].items()
    }
    return base.with_fields(widths), METHODS[method].model_validate(settings)


def _suggest_one(trial: "optuna.Trial", name: str, choices: tuple[Any, ...]) -> Any:
    """One of several values, stored as JSON because Optuna takes scalars only."""
    encoded = [json.dumps(choice) for choice in choices]
    return json.loads(trial.suggest_categorical(name, encoded))

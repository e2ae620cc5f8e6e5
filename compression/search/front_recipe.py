"""Writes a recipe of the trials on the Pareto front."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomli_w

from compression.recipes.dependencies import required_bases
from compression.recipes.recipe import Recipe
from compression.search.trial import Trial
from compression.settings import BaseSettings
from edgemood.atomic import write_text


def write_recipe(front: Sequence[Trial], recipe: Recipe, path: Path) -> None:
    """Write a recipe with a variant `trial-NUMBER` for each trial.

    Args:
        front: the trials.
        recipe: of the search.
        path: a TOML file.
    """
    write_text(path, tomli_w.dumps(_tables(front, recipe)))


def _tables(front: Sequence[Trial], recipe: Recipe) -> dict[str, Any]:
    names, bases = _bases(front, recipe)
    return {
        "name": f"{recipe.name}-pareto",
        "data": recipe.data.model_dump(mode="json", exclude_none=True),
        "teacher": {
            name: teacher.model_dump(mode="json", exclude_none=True)
            for name, teacher in recipe.teacher.items()
        },
        "base": {
            name: base.model_dump(mode="json", exclude_none=True) for name, base in bases.items()
        },
        "variant": [
            {
                "name": f"trial-{trial.number}",
                "base": names[_key(trial)],
                "method": trial.method,
                **trial.settings,
            }
            for trial in front
        ],
    }


def _bases(
    front: Sequence[Trial], recipe: Recipe
) -> tuple[dict[str, str], dict[str, BaseSettings]]:
    """The name of each trial's base, and the settings of all bases that are needed."""
    assert recipe.search is not None  # noqa: S101  # only called after a search
    template = recipe.base[recipe.search.base]
    bases = required_bases(template, recipe.base)
    names: dict[str, str] = {}
    for trial in front:
        if _key(trial) not in names:
            candidates = (f"{recipe.search.base}-{i}" for i in itertools.count(len(names)))
            name = next(n for n in candidates if n not in {**recipe.base, **bases})
            names[_key(trial)] = name
            bases[name] = template.with_fields(trial.widths)
    return names, bases


def _key(trial: Trial) -> str:
    """Equal for trials that share a base."""
    return json.dumps(trial.widths, sort_keys=True)

"""Recipes whose variants have bases of their own, and the inputs of a build of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.recipes.recipe import Recipe
from compression.recipes.variant_builder import BuildInputs


def base(*, epochs: int = 3, **further: Any) -> dict[str, Any]:
    """A base that trains for a tenth of a second, at three epochs."""
    return {
        "model": {"architecture": "bag", "dim": 8, "hidden": [8]},
        "vocabulary": {"min_count": 1},
        "training": {
            "epochs": epochs,
            "batch_size": 16,
            "learning_rate": 0.05,
            "ema_decay": 0.5,
            "patience": epochs,
        },
        **further,
    }


OUT_OF_REACH = {"abstention": {"precision": 0.99}}
"""A field of a variant that cannot be built from 120 dev texts."""

MakeInputs = Callable[..., BuildInputs]


@pytest.fixture
def make_inputs(dataset: Dataset, tmp_path: Path) -> MakeInputs:
    """Inputs of a recipe with these bases, and with variants `(name, base, fields)`."""

    def make(
        bases: dict[str, Any], *variants: tuple[str, str, dict[str, Any]], folder: str = "."
    ) -> BuildInputs:
        tables = [
            {"name": name, "base": base, "method": "fp32", **fields}
            for name, base, fields in variants
        ]
        data = {"name": "r", "data": {"format": "goemotions"}, "base": bases, "variant": tables}
        out = tmp_path / folder / "variants"
        out.mkdir(parents=True)
        return BuildInputs(
            Recipe.model_validate(data), Corpora(dataset), out, tmp_path / folder / "checkpoints"
        )

    return make

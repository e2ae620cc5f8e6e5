"""Copies bases once for each seed of a recipe."""

from collections.abc import Mapping, Sequence
from typing import Any

from compression.seeds import seeded
from compression.settings import BaseSettings, BaseStart


def seed_bases(bases: Mapping[str, BaseSettings], seeds: Sequence[int]) -> dict[str, BaseSettings]:
    """`NAME.sSEED` for each seed and base.

    The bases that a base needs have the same seed. Transformers are shared by all seeds.
    """
    return {
        seeded(name, seed): _with_seed(settings, seed, bases)
        for seed in seeds
        for name, settings in bases.items()
    }


def _with_seed(
    settings: BaseSettings, seed: int, bases: Mapping[str, BaseSettings]
) -> BaseSettings:
    changes: dict[str, Any] = {"seed": seed}
    if settings.distillation and settings.distillation.teacher in bases:
        teacher = {"teacher": seeded(settings.distillation.teacher, seed)}
        changes["distillation"] = settings.distillation.model_copy(update=teacher)
    if isinstance(settings.embedding, BaseStart):
        other = {"base": seeded(settings.embedding.base, seed)}
        changes["embedding"] = settings.embedding.model_copy(update=other)
    return settings.model_copy(update=changes)

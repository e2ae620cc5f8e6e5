"""Bases for each seed."""

from compression.recipes.seeding import seed_bases
from compression.settings import BaseSettings


def test_names_seeds_and_dependencies() -> None:
    bases = {
        "big": BaseSettings(),
        "small": BaseSettings.model_validate(
            {"distillation": {"teacher": "big"}, "embedding": {"start": "base", "base": "big"}}
        ),
        "taught": BaseSettings.model_validate({"distillation": {"teacher": "transformer"}}),
    }
    found = seed_bases(bases, [0, 7])
    assert list(found) == [f"{name}.s{seed}" for seed in (0, 7) for name in bases]
    small = found["small.s7"].model_dump()
    assert small["seed"] == 7
    assert small["distillation"]["teacher"] == small["embedding"]["base"] == "big.s7"
    taught = found["taught.s7"].distillation
    assert taught is not None
    assert taught.teacher == "transformer"

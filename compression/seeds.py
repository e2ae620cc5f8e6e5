"""Random seeds: in the names of bases and variants, and for torch's global generator."""

import re

import numpy as np
import torch


def seeded(name: str, seed: int) -> str:
    """The name of a base or variant that a recipe builds with several seeds."""
    return f"{name}.s{seed}"


def without_seed(name: str) -> str:
    """The part of a name that is common to the variants that differ in their seed only."""
    return re.sub(r"\.s\d+$", "", name)


def seed_torch(seed: int, position: int) -> None:
    """Seed torch's global generator for one epoch or step.

    The draws of an epoch or step then depend on nothing that ran before it, so an interrupted
    training resumes with the same draws.
    """
    torch.manual_seed(int(np.random.SeedSequence([seed, position]).generate_state(1)[0]))

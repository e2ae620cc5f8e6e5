"""Names of bases and variants that differ in their random seed alone."""

import re


def seeded(name: str, seed: int) -> str:
    """What a base or variant is called when its recipe asks for several seeds."""
    return f"{name}.s{seed}"


def without_seed(name: str) -> str:
    """The part of a name that variants share which differ in nothing but the seed."""
    return re.sub(r"\.s\d+$", "", name)

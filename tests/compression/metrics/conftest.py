"""Random scores and targets."""

from collections.abc import Callable

import numpy as np
import pytest

RandomCase = Callable[[int], tuple[np.ndarray, np.ndarray]]


def make_case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    shape = (int(generator.integers(1, 30)), 3)
    return generator.random(shape).astype(np.float32), generator.random(shape) < 0.4


@pytest.fixture(scope="session")
def random_case() -> RandomCase:
    """Gives scores and targets of 1 to 29 examples for a seed. *Shape:* `(examples, 3)` each."""
    return make_case

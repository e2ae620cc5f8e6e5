"""Logits and labels for adaptation."""

from collections.abc import Callable

import numpy as np
import pytest

from edgemood.adaptation.adapting import Examples


@pytest.fixture(scope="session")
def make_examples() -> Callable[..., Examples]:
    """Draws logits of the three labels of `artifact`, and labels that its thresholds miss."""

    def make(
        texts: int = 120, *, seed: int = 0, shift: float = 2.0, single: bool = False
    ) -> Examples:
        generator = np.random.default_rng(seed)
        logits = generator.normal(scale=2, size=(texts, 3)).astype(np.float32)
        truth = logits + np.array([shift, 0.3, 0]) + generator.logistic(size=(texts, 3))
        targets = truth == truth.max(axis=1, keepdims=True) if single else truth > 0
        return Examples(logits, targets, [f"text {i}" for i in range(texts)])

    return make

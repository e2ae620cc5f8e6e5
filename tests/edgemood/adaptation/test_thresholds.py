"""Thresholds of highest F1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.adaptation.thresholds import STEPS, f1_of_counts, tune_thresholds


def test_by_hand() -> None:
    """Between .3 and .6 all true texts are found and no other: the middle of 61 steps is .455."""
    scores = np.array([[0.1], [0.3], [0.6], [0.9]])
    targets = np.array([[False], [False], [True], [True]])
    assert tune_thresholds(scores, targets).tolist() == [0.455]


def test_f1() -> None:
    """Two of three given are true, of four true ones: 2 x 2 / (3 + 4)."""
    found = f1_of_counts(np.array([2, 0]), np.array([3, 0]), np.array([4, 0]))
    assert found.tolist() == pytest.approx([4 / 7, 0])


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_no_other_threshold_is_better(seed: int, soft: bool) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.random((40, 3)).astype(np.float32).astype(np.float64)
    targets = generator.random((40, 3)) if soft else generator.random((40, 3)) < scores
    found = tune_thresholds(scores, targets)

    def f1(label: int, threshold: float) -> float:
        given = scores[:, label] >= np.float32(threshold)
        both = given.sum() + targets[:, label].sum()
        return float(2 * targets[given, label].sum() / both)

    for label, threshold in enumerate(found):
        best = max(f1(label, step / STEPS) for step in range(1, STEPS))
        assert f1(label, threshold) == pytest.approx(best, rel=1e-12)

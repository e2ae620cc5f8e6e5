"""F1, precision and recall: by hand, and against scikit-learn."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from compression.metrics.f1 import (
    Counts,
    Quality,
    example_counts,
    macro,
    micro,
    per_label,
    ratio_or_zero,
    totals,
)

RandomCase = Callable[[int], tuple[np.ndarray, np.ndarray]]
seeds = st.integers(0, 2**32 - 1)


def test_by_hand() -> None:
    predicted = np.array([[1, 0], [1, 1], [0, 0]], dtype=bool)
    targets = np.array([[1, 0], [0, 1], [1, 0]], dtype=bool)
    counts = totals(example_counts(predicted, targets))
    assert [x.tolist() for x in counts] == [[1, 1], [2, 1], [2, 1]]
    assert per_label(counts).f1.tolist() == [0.5, 1.0]
    assert macro(counts).f1 == 0.75
    assert micro(counts).f1 == pytest.approx(2 * 2 / (3 + 3))


def scikit_learn(predicted: np.ndarray, targets: np.ndarray, average: str | None) -> Quality:
    precision, recall, f1, _ = precision_recall_fscore_support(
        targets, predicted, average=average, zero_division=0
    )
    return Quality(f1, precision, recall)


@given(seeds)
def test_ratios_are_those_of_scikit_learn(random_case: RandomCase, seed: int) -> None:
    scores, targets = random_case(seed)
    predicted = scores > 0.5
    counts = totals(example_counts(predicted, targets))
    for found, average in ((per_label(counts), None), (macro(counts), "macro")):
        np.testing.assert_allclose(found, scikit_learn(predicted, targets, average))
    np.testing.assert_allclose(micro(counts), scikit_learn(predicted, targets, "micro"))


def test_leading_axes_are_kept() -> None:
    counts = Counts(*(np.arange(24).reshape(4, 2, 3) for _ in range(3)))
    assert per_label(counts).f1.shape == (4, 2, 3)
    assert macro(counts).f1.shape == micro(counts).f1.shape == (4, 2)


def test_a_denominator_of_zero_gives_zero() -> None:
    assert ratio_or_zero(np.array([3, 3]), np.array([0, 2])).tolist() == [0, 1.5]

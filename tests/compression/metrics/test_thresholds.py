"""Tuned thresholds: by hand, and against scikit-learn's F1 at every step of the grid."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from compression.metrics.thresholds import best_macro_f1, tune_thresholds
from edgemood.adaptation.thresholds import STEPS

RandomCase = Callable[[int], tuple[np.ndarray, np.ndarray]]
seeds = st.integers(0, 2**32 - 1)

GRID = np.arange(1, STEPS) / STEPS


def f1_at(scores: np.ndarray, targets: np.ndarray, threshold: float) -> float:
    return float(f1_score(targets, scores >= np.float32(threshold), zero_division=0))


def test_no_threshold_of_the_grid_is_better(random_case: RandomCase) -> None:
    for seed in range(5):
        scores, targets = random_case(seed)
        for column, truth, tuned in zip(
            scores.T, targets.T, tune_thresholds(scores, targets), strict=True
        ):
            assert tuned in GRID
            best = max(f1_at(column, truth, threshold) for threshold in GRID)
            assert f1_at(column, truth, tuned) == pytest.approx(best)


@given(seeds)
def test_best_macro_f1_is_that_at_the_tuned_thresholds(random_case: RandomCase, seed: int) -> None:
    scores, targets = random_case(seed)
    predicted = scores >= tune_thresholds(scores, targets).astype(np.float32)
    expected = f1_score(targets, predicted, average="macro", zero_division=0)
    assert best_macro_f1(scores, targets) == pytest.approx(expected)


def test_of_equal_thresholds_the_middle_one_is_taken() -> None:
    scores = np.array([[0.2], [0.8]], dtype=np.float32)
    targets = np.array([[False], [True]])
    # 0.205, 0.210, ... 0.800 are equal.
    assert tune_thresholds(scores, targets)[0] == pytest.approx(0.505)


def test_probabilities_give_expected_counts() -> None:
    scores = np.array([[0.9], [0.7], [0.4], [0.2]], dtype=np.float32)
    certain = np.array([[True], [False], [True], [False]])
    np.testing.assert_array_equal(
        tune_thresholds(scores, certain.astype(np.float64)), tune_thresholds(scores, certain)
    )
    # Twice the expected true positives over the predicted plus 1.8 actual positives: with one
    # prediction 1.8 / 2.8 = .64, with two 2.8 / 3.8 = .74, with three 3 / 4.8 = .63, with four
    # 3.6 / 5.8 = .62. With certain targets three predictions would be best.
    probabilities = np.array([[0.9], [0.5], [0.1], [0.3]])
    assert 0.4 < tune_thresholds(scores, probabilities)[0] <= 0.7


def test_the_f1_of_several_parts_is_averaged(random_case: RandomCase) -> None:
    (few, few_targets), (many, many_targets) = random_case(1), random_case(2)
    few, few_targets = few[::2], few_targets[::2]
    scores, targets = np.concatenate([few, many]), np.concatenate([few_targets, many_targets])
    parts = [(len(few), 0.75), (len(many), 0.25)]
    tuned = tune_thresholds(scores, targets, parts=parts)
    for i, threshold in enumerate(tuned):

        def mean(at: float, i: int = i) -> float:
            of_few = f1_at(few[:, i], few_targets[:, i], at)
            return 0.75 * of_few + 0.25 * f1_at(many[:, i], many_targets[:, i], at)

        assert mean(threshold) == pytest.approx(max(mean(at) for at in GRID))
    alone = tune_thresholds(scores, targets, parts=[(len(few), 1.0), (len(many), 0.0)])
    np.testing.assert_array_equal(alone, tune_thresholds(few, few_targets))

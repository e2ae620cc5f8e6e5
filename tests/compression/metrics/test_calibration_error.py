"""Calibration errors: by hand, by definition, and against scikit-learn."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from compression.metrics.bootstrap import bootstrap_weights
from compression.metrics.calibration_error import (
    chance_error,
    equal_mass,
    equal_width,
    expected_calibration_error,
    reliability_curve,
    resampled_calibration_error,
    squared_errors,
)

RandomCase = Callable[[int], tuple[np.ndarray, np.ndarray]]
seeds = st.integers(0, 2**32 - 1)

SCORES = np.array([[0.1], [0.2], [0.6], [0.9]])
TARGETS = np.array([[False], [True], [True], [True]])


def test_by_hand() -> None:
    # Bins of two: |.15 - .5| and |.75 - 1|, each for half of the texts.
    assert expected_calibration_error(SCORES, TARGETS, bins=2) == pytest.approx([0.3])
    curve = reliability_curve(SCORES[:, 0], TARGETS[:, 0], bins=2)
    assert curve.texts.tolist() == [2, 2]
    assert curve.score == pytest.approx([0.15, 0.75])
    assert curve.observed == pytest.approx([0.5, 1])
    # Thirds: .1 and .2, then .6, then .9: (.7 + .4 + .1) / 4.
    found = expected_calibration_error(SCORES, TARGETS, bins=3, binning="equal-width")
    assert found == pytest.approx([0.3])
    # Fourths: .1 and .2, none, .6, .9.
    assert equal_width(SCORES[:, 0], 4).tolist() == [0, 0, 2, 3]
    assert squared_errors(SCORES, TARGETS).mean() == pytest.approx((0.01 + 0.64 + 0.16 + 0.01) / 4)


def test_intervals_are_closed_above() -> None:
    assert equal_width(np.array([0.0, 0.2, 0.21, 0.4, 1.0]), 5).tolist() == [0, 0, 1, 1, 4]


def test_equal_scores_share_a_bin() -> None:
    assert equal_mass(np.array([0.5, 0.1, 0.5, 0.5, 0.9, 0.5]), 3).tolist() == [0, 0, 0, 0, 2, 0]


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40), st.integers(1, 20))
def test_bins_of_equal_mass(scores: list[float], bins: int) -> None:
    found = equal_mass(np.array(scores), bins)
    assert found.min() >= 0
    assert found.max() < bins
    for one, its in zip(scores, found, strict=True):
        for other, others in zip(scores, found, strict=True):
            assert one != other or its == others
            assert one <= other or its >= others
    if len(set(scores)) == len(scores):
        sizes = np.bincount(found, minlength=bins)
        assert sizes.max() - sizes.min() <= 1


@given(seeds)
def test_the_order_of_texts_does_not_matter(random_case: RandomCase, seed: int) -> None:
    scores, targets = random_case(seed)
    order = np.random.default_rng(seed).permutation(len(scores))
    np.testing.assert_allclose(
        expected_calibration_error(scores[order], targets[order], bins=4),
        expected_calibration_error(scores, targets, bins=4),
    )


@given(seeds)
def test_the_error_is_the_weighted_gap_of_the_curve(random_case: RandomCase, seed: int) -> None:
    scores, targets = random_case(seed)
    for label, error in enumerate(expected_calibration_error(scores, targets, bins=5)):
        curve = reliability_curve(scores[:, label], targets[:, label], bins=5)
        gaps = np.abs(curve.score - curve.observed)
        assert error == pytest.approx((curve.texts / len(scores) * gaps).sum())
        assert 0 <= error <= 1


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_that_of_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.random(300)
    targets = generator.random(300) < scores**2
    curve = reliability_curve(scores, targets, bins=10)
    # Their edges are interpolated quantiles: with 300 distinct scores, between the same texts.
    observed, score = calibration_curve(targets, scores, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(curve.observed, observed)
    np.testing.assert_allclose(curve.score, score)
    observed, score = calibration_curve(targets, scores, n_bins=10, strategy="uniform")
    of_text = np.digitize(scores, np.linspace(0, 1, 11)[1:-1], right=True)
    expected = (np.bincount(of_text) / 300 * np.abs(observed - score)).sum()
    found = expected_calibration_error(
        scores[:, None], targets[:, None], bins=10, binning="equal-width"
    )
    assert found == pytest.approx([expected])


@given(seeds)
def test_brier_scores_are_those_of_scikit_learn(random_case: RandomCase, seed: int) -> None:
    scores, targets = random_case(seed)
    for label, brier in enumerate(squared_errors(scores, targets).mean(axis=0)):
        expected = brier_score_loss(targets[:, label], scores[:, label], pos_label=True)
        assert brier == pytest.approx(expected, rel=1e-5)


def test_a_resample_has_the_error_of_its_texts_in_the_same_bins() -> None:
    generator = np.random.default_rng(3)
    scores = generator.random((30, 2)).astype(np.float32)
    targets = generator.random((30, 2)) < 0.4
    weights = bootstrap_weights(30, resamples=4, seed=0)
    found = resampled_calibration_error(scores, targets, weights, bins=5)
    assert found.shape == (4, 2)
    for row, errors in zip(weights.astype(int), found, strict=True):
        drawn = np.repeat(np.arange(30), row)
        for label, error in enumerate(errors):
            of_text = equal_mass(scores[:, label], 5)[drawn]
            deviations = scores[drawn, label] - targets[drawn, label]
            expected = sum(abs(deviations[of_text == b].sum()) for b in range(5)) / 30
            assert error == pytest.approx(expected, abs=1e-6)
    ones = np.ones((1, 30), dtype=np.float32)
    whole = expected_calibration_error(scores, targets, bins=5)
    np.testing.assert_allclose(
        resampled_calibration_error(scores, targets, ones, bins=5)[0], whole, atol=1e-6
    )


def test_true_probabilities_have_the_error_of_chance() -> None:
    generator = np.random.default_rng(4)
    scores = generator.beta(1, 3, size=(2_000, 1))
    errors = [
        expected_calibration_error(scores, generator.random((2_000, 1)) < scores)
        for _ in range(200)
    ]
    assert chance_error(scores) == pytest.approx([np.mean(errors)], rel=0.05)
    # By hand: 8 texts of score 1/2 in one bin, a standard deviation of sqrt(8 / 4).
    half = chance_error(np.full((8, 1), 0.5), bins=3)
    assert half == pytest.approx([np.sqrt(2 / np.pi) * np.sqrt(2) / 8])

"""Bootstrap intervals: resampled counts by definition, intervals against scipy."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from compression.metrics.bootstrap import (
    bootstrap_weights,
    centred_interval,
    percentile_interval,
    resample,
    resampled_mean,
)
from compression.metrics.f1 import example_counts, macro

RandomCase = Callable[[int], tuple[np.ndarray, np.ndarray]]
seeds = st.integers(0, 2**32 - 1)


def test_each_resample_draws_as_many_examples_as_there_are() -> None:
    weights = bootstrap_weights(50, resamples=20, seed=0)
    assert weights.shape == (20, 50)
    assert (weights.sum(axis=1) == 50).all()
    np.testing.assert_array_equal(weights, bootstrap_weights(50, resamples=20, seed=0))
    assert (weights != bootstrap_weights(50, resamples=20, seed=1)).any()


@given(seeds)
def test_a_resample_has_the_macro_f1_of_the_drawn_examples(
    random_case: RandomCase, seed: int
) -> None:
    scores, targets = random_case(seed)
    counts = example_counts(scores > 0.5, targets)
    weights = bootstrap_weights(len(scores), resamples=3, seed=seed)
    for value, row in zip(macro(resample(counts, weights)).f1, weights.astype(int), strict=True):
        drawn = np.repeat(np.arange(len(scores)), row)
        expected = f1_score(targets[drawn], scores[drawn] > 0.5, average="macro", zero_division=0)
        assert value == pytest.approx(expected)


def test_the_difference_of_a_classifier_from_itself_is_zero(random_case: RandomCase) -> None:
    scores, targets = random_case(1)
    weights = bootstrap_weights(len(scores), resamples=50, seed=0)
    samples = macro(resample(example_counts(scores > 0.5, targets), weights)).f1
    assert percentile_interval(0, samples - samples) == (0, 0, 0)


def test_the_interval_is_that_of_scipy() -> None:
    generator = np.random.default_rng(3)
    targets = generator.random((800, 1)) < 0.4
    predicted = np.where(generator.random((800, 1)) < 0.8, targets, ~targets)

    def f1(true: np.ndarray, chosen: np.ndarray) -> float:
        return float(f1_score(true, chosen))

    expected = stats.bootstrap(
        (targets[:, 0], predicted[:, 0]),
        f1,
        paired=True,
        vectorized=False,
        n_resamples=500,
        method="percentile",
        rng=generator,
    ).confidence_interval
    weights = bootstrap_weights(800, resamples=5000, seed=0)
    samples = macro(resample(example_counts(predicted, targets), weights)).f1
    estimate, low, high = percentile_interval(f1(targets[:, 0], predicted[:, 0]), samples)
    assert low < estimate < high
    # Two Monte Carlo estimates of quantiles of a distribution 0.08 wide.
    np.testing.assert_allclose([low, high], expected, atol=0.01)


def test_a_centred_interval_surrounds_an_estimate_that_resampling_raises() -> None:
    resampled = np.linspace(0.02, 0.04, 1001)
    interval = centred_interval(0.01, resampled)
    # The mean of .03 moves to .01.
    assert interval == pytest.approx((0.01, 0.0005, 0.0195))
    assert centred_interval(0.005, resampled).low == 0


def test_resampled_means_are_those_of_the_drawn_examples() -> None:
    generator = np.random.default_rng(5)
    values = generator.random(12)
    weights = bootstrap_weights(12, resamples=6, seed=0)
    for row, mean in zip(weights.astype(int), resampled_mean(values, weights), strict=True):
        assert mean == pytest.approx(np.repeat(values, row).mean(), rel=1e-5)
    some = np.array([[0, 0, 2], [1, 1, 1]], dtype=np.float32)
    assert resampled_mean(np.array([1.0, 3.0]), some[:, :2]).tolist() == [0, 2]

"""Bootstrap intervals: resampled counts by definition, intervals against scipy."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from compression.metrics.bootstrap import bootstrap_weights, percentile_interval, resample
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

"""Abstention: by hand, against scipy, and the two guarantees on drawn texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compression.metrics.abstention import (
    CERTAINTY,
    binomial_tail,
    resampled_area,
    risk_coverage,
    threshold_for_coverage,
    threshold_for_precision,
    top_is_right,
)
from compression.metrics.bootstrap import bootstrap_weights

seeds = st.integers(0, 2**32 - 1)


def test_the_highest_score_is_right_if_the_text_has_its_label() -> None:
    scores = np.array([[0.2, 0.7], [0.2, 0.7], [0.5, 0.5], [0.9, 0.1]])
    targets = np.array([[1, 1], [1, 0], [1, 0], [0, 0]], dtype=bool)
    assert top_is_right(scores, targets).tolist() == [True, False, True, False]


def test_a_curve_by_hand() -> None:
    right = np.array([True, False, True, True])
    curve = risk_coverage(np.array([0.9, 0.5, 0.7, 0.3]), right)
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.risk == pytest.approx([0, 0, 1 / 3, 1 / 4])
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)


def test_equal_confidence_gives_the_expectation_over_all_orders() -> None:
    right = np.array([True, False, True, True])
    curve = risk_coverage(np.array([0.9, 0.5, 0.5, 0.5]), right)
    # 1/3 of an error for each of the last three.
    assert curve.risk == pytest.approx([0, 1 / 6, 2 / 9, 1 / 4])


@given(seeds)
def test_a_curve_by_definition(seed: int) -> None:
    generator = np.random.default_rng(seed)
    confidence, right = generator.random(25), generator.random(25) < 0.6
    curve = risk_coverage(confidence, right)
    for i, threshold in enumerate(sorted(confidence, reverse=True)):
        answered = confidence >= threshold
        assert curve.coverage[i] == pytest.approx(answered.mean())
        assert curve.risk[i] == pytest.approx((~right[answered]).mean())


@given(st.integers(0, 60), st.data())
def test_the_tail_is_that_of_scipy(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    probability = data.draw(st.floats(0.01, 0.99))
    expected = stats.binom.cdf(successes, trials, probability)
    assert binomial_tail(successes, trials, probability) == pytest.approx(expected, abs=1e-12)


def test_a_threshold_for_a_coverage_by_hand() -> None:
    confidence = np.array([0.9, 0.5, 0.7, 0.3, 0.6, 0.8, 0.4, 0.2, 0.1], dtype=np.float32)
    # 2 = floor(.2 * 10): a tenth text is below the second lowest with a probability of at most .2.
    assert threshold_for_coverage(confidence, 0.8) == np.float32(0.2)
    assert threshold_for_coverage(confidence, 0.9) == np.float32(0.1)
    assert threshold_for_coverage(confidence, 0.91) == 0
    assert threshold_for_coverage(confidence, 1) == 0


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_a_further_text_is_answered_as_often_as_wanted(coverage: float) -> None:
    generator = np.random.default_rng(1)
    answered = []
    for _ in range(4_000):
        *known, further = generator.beta(2, 1, size=30)
        answered.append(further >= threshold_for_coverage(np.array(known), coverage))
    # Standard error at most .008; the guarantee is exact up to 1 / 30.
    assert coverage - 0.02 < np.mean(answered) < coverage + 1 / 30 + 0.02


def draw(generator: np.random.Generator, texts: int) -> tuple[np.ndarray, np.ndarray]:
    """Texts whose answer is right with the probability that is its confidence."""
    confidence = generator.uniform(0.3, 1, size=texts).astype(np.float32)
    return confidence, generator.random(texts) < confidence


def precision_above(threshold: float) -> float:
    """Of further texts: the mean of a uniform distribution from the threshold to 1."""
    return (max(threshold, 0.3) + 1) / 2


def test_answers_above_the_threshold_are_as_precise_as_wanted() -> None:
    generator = np.random.default_rng(2)
    found = [threshold_for_precision(*draw(generator, 400), 0.8) for _ in range(300)]
    reached = [precision_above(threshold) >= 0.8 for threshold in found if threshold is not None]
    assert len(reached) > 250
    assert np.mean(reached) >= CERTAINTY


def test_with_many_texts_the_threshold_is_hardly_too_high() -> None:
    threshold = threshold_for_precision(*draw(np.random.default_rng(3), 20_000), 0.8)
    assert threshold is not None
    # .6 is exact; a level is .035 wide.
    assert 0.6 <= threshold < 0.66


def test_a_precision_that_all_answers_have_needs_almost_no_abstention() -> None:
    confidence, _ = draw(np.random.default_rng(4), 500)
    right = np.ones(500, dtype=bool)
    threshold = threshold_for_precision(confidence, right, 0.9)
    assert threshold is not None
    assert (confidence >= threshold).sum() == 499


@pytest.mark.parametrize("texts", [1, 10, 500])
def test_a_precision_out_of_reach_has_no_threshold(texts: int) -> None:
    confidence, _ = draw(np.random.default_rng(5), texts)
    assert threshold_for_precision(confidence, np.arange(texts) % 2 == 0, 0.9) is None


def test_equal_confidence_never_counts_as_certainty() -> None:
    saturated = np.ones(1_000, dtype=np.float32)
    assert threshold_for_precision(saturated, np.ones(1_000, dtype=bool), 0.5) is None


@given(seeds)
def test_a_resampled_area_is_that_of_the_drawn_texts(seed: int) -> None:
    generator = np.random.default_rng(seed)
    confidence, right = generator.random(20), generator.random(20) < 0.6
    weights = bootstrap_weights(20, resamples=3, seed=seed)
    found = resampled_area(confidence, right, weights)
    for row, area in zip(weights.astype(int), found, strict=True):
        risks = [
            np.repeat(~right, row * (confidence >= threshold)).mean()
            for threshold in np.repeat(confidence, row)
        ]
        assert area == pytest.approx(np.mean(risks))
    whole = resampled_area(confidence, right, np.ones((1, 20), dtype=np.float32))
    assert whole == pytest.approx([risk_coverage(confidence, right).area])

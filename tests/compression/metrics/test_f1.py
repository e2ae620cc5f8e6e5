"""Against examples by hand and against definitions written out in plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.metrics.f1 import (
    THRESHOLD_STEPS,
    bootstrap_weights,
    example_counts,
    interval,
    macro,
    micro,
    per_label,
    resample,
    totals,
    tune_thresholds,
)

seeds = st.integers(0, 2**32 - 1)


def random_case(seed: int, labels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    size = int(generator.integers(1, 30))
    return generator.random((size, labels)).astype(np.float32), generator.random(
        (size, labels)
    ) < 0.4


def loop_f1(predicted: np.ndarray, targets: np.ndarray) -> tuple[float, float, float]:
    hits = sum(bool(p and t) for p, t in zip(predicted, targets, strict=True))
    given_, actual = sum(map(bool, predicted)), sum(map(bool, targets))
    precision = hits / given_ if given_ else 0.0
    recall = hits / actual if actual else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f1, precision, recall


def test_by_hand() -> None:
    predicted = np.array([[1, 0], [1, 1], [0, 0]], dtype=bool)
    targets = np.array([[1, 0], [0, 1], [1, 0]], dtype=bool)
    counts = totals(example_counts(predicted, targets))
    assert per_label(counts).f1.tolist() == [0.5, 1.0]
    assert macro(counts).f1 == 0.75
    assert micro(counts).f1 == pytest.approx(2 * 2 / (3 + 3))


@given(seeds)
def test_quality_is_the_definition(seed: int) -> None:
    scores, targets = random_case(seed)
    predicted = scores > 0.5
    counts = totals(example_counts(predicted, targets))
    expected = np.array([loop_f1(p, t) for p, t in zip(predicted.T, targets.T, strict=True)])
    np.testing.assert_allclose(np.array(per_label(counts)).T, expected)
    np.testing.assert_allclose(macro(counts), expected.mean(axis=0))
    np.testing.assert_allclose(micro(counts), loop_f1(predicted.ravel(), targets.ravel()))


@given(seeds)
def test_no_threshold_of_the_grid_beats_the_tuned_one(seed: int) -> None:
    scores, targets = random_case(seed)
    tuned = tune_thresholds(scores, targets)
    for label, threshold in enumerate(tuned):
        column, truth = scores[:, label], targets[:, label]
        found = loop_f1(column >= np.float32(threshold), truth)[0]
        grid = np.arange(1, THRESHOLD_STEPS) / THRESHOLD_STEPS
        best = max(loop_f1(column >= np.float32(t), truth)[0] for t in grid)
        assert found == pytest.approx(best)


def test_ties_take_the_middle_threshold() -> None:
    scores = np.array([[0.2], [0.8]], dtype=np.float32)
    targets = np.array([[False], [True]])
    assert tune_thresholds(scores, targets)[0] == pytest.approx(0.5, abs=0.006)


def test_unsure_targets_count_as_what_is_expected_of_them() -> None:
    scores = np.array([[0.9], [0.7], [0.4], [0.2]], dtype=np.float32)
    sure = np.array([[True], [False], [True], [False]])
    np.testing.assert_array_equal(
        tune_thresholds(scores, sure.astype(np.float64)), tune_thresholds(scores, sure)
    )
    # Twice the expected hits over calls plus 1.8: one call 1.8 / 2.8 = .64, two 2.8 / 3.8 =
    # .74, three 3 / 4.8 = .63, all 3.6 / 5.8 = .62; on hard labels three calls would be best.
    unsure = np.array([[0.9], [0.5], [0.1], [0.3]])
    assert 0.4 < tune_thresholds(scores, unsure)[0] <= 0.7


def test_bootstrap_weights_draw_as_many_examples_as_there_are() -> None:
    weights = bootstrap_weights(50, resamples=20, seed=0)
    assert weights.shape == (20, 50)
    assert (weights.sum(axis=1) == 50).all()
    np.testing.assert_array_equal(weights, bootstrap_weights(50, resamples=20, seed=0))


@given(seeds)
def test_a_resample_is_the_macro_f1_of_the_examples_drawn(seed: int) -> None:
    scores, targets = random_case(seed)
    counts = example_counts(scores > 0.5, targets)
    weights = bootstrap_weights(len(scores), resamples=3, seed=seed)
    for value, row in zip(macro(resample(counts, weights)).f1, weights.astype(int), strict=True):
        drawn = np.repeat(np.arange(len(scores)), row)
        again = totals(example_counts(scores[drawn] > 0.5, targets[drawn]))
        assert value == pytest.approx(float(macro(again).f1))


def test_the_paired_interval_of_a_variant_with_itself_is_zero() -> None:
    scores, targets = random_case(1)
    weights = bootstrap_weights(len(scores), resamples=50, seed=0)
    samples = macro(resample(example_counts(scores > 0.5, targets), weights)).f1
    assert interval(0, samples - samples) == (0, 0, 0)


def test_the_interval_of_a_proportion_is_about_the_textbook_one() -> None:
    # All predicted, 40 % true: precision .4, recall 1; F1 = 2p / (1 + p).
    targets = np.zeros((1000, 1), dtype=bool)
    targets[:400] = True
    counts = example_counts(np.ones_like(targets), targets)
    samples = macro(resample(counts, bootstrap_weights(1000, resamples=2000, seed=0))).f1
    _, low, high = interval(0.0, samples)
    spread = 1.96 * np.sqrt(0.4 * 0.6 / 1000)
    expected = [2 * p / (1 + p) for p in (0.4 - spread, 0.4 + spread)]
    np.testing.assert_allclose([low, high], expected, atol=0.006)

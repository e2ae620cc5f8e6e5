"""F1, precision, recall, thresholds and the paired bootstrap: pure functions of arrays.

Shapes: scores and targets are `(examples, labels)`, thresholds `(labels,)`. A ratio whose
denominator is zero counts as zero, as in scikit-learn's `zero_division=0`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets

Float = NDArray[np.float64]

THRESHOLD_STEPS = 200
"""Thresholds are tuned on a grid of 1/200: finer ones fit the noise of the dev split."""


class Counts(NamedTuple):
    """True positives, predicted positives and actual positives; any leading shape."""

    hits: NDArray[np.int64]
    predicted: NDArray[np.int64]
    actual: NDArray[np.int64]


class Quality(NamedTuple):
    """Ratios, each either one number or one a label."""

    f1: Float
    precision: Float
    recall: Float


def example_counts(predicted: Targets, targets: Targets) -> Counts:
    """Counts of each example and label. *Shape:* `(examples, labels)`."""
    return Counts(
        *(x.astype(np.int64) for x in (predicted & targets, predicted, targets)),
    )


def per_label(counts: Counts) -> Quality:
    """Quality of each label, from counts whose last axis is the labels."""
    return Quality(
        f1=_ratio(2 * counts.hits, counts.predicted + counts.actual),
        precision=_ratio(counts.hits, counts.predicted),
        recall=_ratio(counts.hits, counts.actual),
    )


def macro(counts: Counts) -> Quality:
    """The mean over labels of each label's quality."""
    return Quality(*(np.asarray(x.mean(axis=-1)) for x in per_label(counts)))


def micro(counts: Counts) -> Quality:
    """The quality of all labels' counts added up."""
    return per_label(Counts(*(x.sum(axis=-1) for x in counts)))


def totals(counts: Counts) -> Counts:
    """Sum over examples. *Shape:* `(labels,)`."""
    return Counts(*(x.sum(axis=0) for x in counts))


def tune_thresholds(scores: NDArray[np.float32], targets: Targets | NDArray[np.float64]) -> Float:
    """For each label the threshold with the highest F1; the middle one where several are equal.

    Args:
        scores: what a classifier says.
        targets: what is right; between 0 and 1, how sure that is: F1 is then that of expected
            counts.

    Returns:
        Multiples of `1 / THRESHOLD_STEPS`, strictly between 0 and 1. *Shape:* `(labels,)`.
    """
    grid = np.arange(1, THRESHOLD_STEPS) / THRESHOLD_STEPS
    right = targets.astype(np.float64)
    at_each = [scores >= level for level in grid.astype(np.float32)]
    hits = np.array([(right * predicted).sum(axis=0) for predicted in at_each])
    predicted = np.array([predicted.sum(axis=0) for predicted in at_each])
    f1 = _ratio(2 * hits, predicted + right.sum(axis=0))
    best = [np.flatnonzero(column == column.max()) for column in f1.T]
    return np.array([grid[ties[len(ties) // 2]] for ties in best])


def best_macro_f1(scores: NDArray[np.float32], targets: Targets) -> float:
    """Macro-F1 under thresholds that are tuned on these very examples; for dev."""
    predicted = scores >= tune_thresholds(scores, targets).astype(np.float32)
    return float(macro(totals(example_counts(predicted, targets))).f1)


class Interval(NamedTuple):
    """An estimate and the bounds of its 95 % bootstrap interval (percentile method)."""

    estimate: float
    low: float
    high: float


def bootstrap_weights(examples: int, *, resamples: int, seed: int) -> NDArray[np.float32]:
    """How often each example is drawn in each resample. *Shape:* `(resamples, examples)`."""
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(examples, np.full(examples, 1 / examples), size=resamples)
    return draws.astype(np.float32)


def resample(counts: Counts, weights: NDArray[np.float32]) -> Counts:
    """Counts of each label in each resample. *Shape:* `(resamples, labels)`."""
    # float32 is exact here: sums of small integers far below 2**24.
    sums = (np.rint(weights @ x.astype(np.float32)).astype(np.int64) for x in counts)
    return Counts(*sums)


def interval(estimate: float, resampled: Float) -> Interval:
    """The percentile interval of a statistic that was resampled."""
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Interval(float(estimate), float(low), float(high))


def _ratio(numerator: NDArray[np.int64] | Float, denominator: NDArray[np.int64] | Float) -> Float:
    return np.divide(
        numerator, denominator, out=np.zeros(np.shape(numerator)), where=np.asarray(denominator) > 0
    )

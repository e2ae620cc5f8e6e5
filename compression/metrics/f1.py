"""F1, precision and recall of multi-label classifiers, from counts.

Shapes: scores and targets are `(examples, labels)`. A ratio with a denominator of zero is zero, as
with scikit-learn's `zero_division=0`. Counts are summed over examples first, so that resampling
(`compression.metrics.bootstrap`) needs counts alone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class Counts(NamedTuple):
    """True positives, predicted positives and actual positives; the last axis is the labels."""

    true_positives: Int
    predicted: Int
    actual: Int


class Quality(NamedTuple):
    """Three ratios, each either one number or one a label."""

    f1: Float
    precision: Float
    recall: Float


def example_counts(predicted: Targets, targets: Targets) -> Counts:
    """Counts of each example and label. *Shape:* `(examples, labels)`."""
    return Counts(
        *(x.astype(np.int64) for x in (predicted & targets, predicted, targets)),
    )


def totals(counts: Counts) -> Counts:
    """Sum over examples. *Shape:* `(labels,)`."""
    return Counts(*(x.sum(axis=0) for x in counts))


def per_label(counts: Counts) -> Quality:
    """Quality of each label."""
    return Quality(
        f1=ratio_or_zero(2 * counts.true_positives, counts.predicted + counts.actual),
        precision=ratio_or_zero(counts.true_positives, counts.predicted),
        recall=ratio_or_zero(counts.true_positives, counts.actual),
    )


def macro(counts: Counts) -> Quality:
    """Mean of the labels' qualities."""
    return Quality(*(np.asarray(x.mean(axis=-1)) for x in per_label(counts)))


def micro(counts: Counts) -> Quality:
    """Quality of the labels' summed counts."""
    return per_label(Counts(*(x.sum(axis=-1) for x in counts)))


def ratio_or_zero(numerator: Int | Float, denominator: Int | Float) -> Float:
    """Elementwise quotient; 0 for a denominator of 0."""
    return np.divide(
        numerator, denominator, out=np.zeros(np.shape(numerator)), where=np.asarray(denominator) > 0
    )

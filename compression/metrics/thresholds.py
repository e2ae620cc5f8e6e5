"""Decision thresholds, one a label, that maximise F1 on given scores.

Shapes: scores and targets are `(examples, labels)`, thresholds `(labels,)`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.metrics.f1 import Float, example_counts, macro, ratio_or_zero, totals

THRESHOLD_STEPS = 200
"""Thresholds are multiples of 1/200: a finer grid fits the noise of the dev split."""

Parts = Sequence[tuple[int, float]]
"""Consecutive examples of several datasets: how many, and the weight of their F1."""


def tune_thresholds(
    scores: NDArray[np.float32], targets: Targets | Float, *, parts: Parts = ()
) -> Float:
    """The threshold of highest F1 for each label; of several equal ones the middle one.

    Args:
        scores: of a classifier.
        targets: true or false, or the probability of each label. With probabilities, F1 is that
            of the expected counts.
        parts: if there are any, the weighted mean of their F1 counts instead of the F1 of all
            examples together, in which a larger dataset would have a larger say.

    Returns:
        Multiples of `1 / THRESHOLD_STEPS`, strictly between 0 and 1. *Shape:* `(labels,)`.
    """
    grid = np.arange(1, THRESHOLD_STEPS) / THRESHOLD_STEPS
    ends = np.cumsum([count for count, _ in parts])[:-1]
    weights = [weight for _, weight in parts] or [1.0]
    split = zip(
        weights, np.split(scores, ends), np.split(targets.astype(np.float64), ends), strict=True
    )
    levels = grid.astype(np.float32)
    f1 = np.sum(
        [weight * _f1_at_each(levels, part, truth) for weight, part, truth in split], axis=0
    )
    best = [np.flatnonzero(column == column.max()) for column in f1.T]
    return np.array([grid[ties[len(ties) // 2]] for ties in best])


def best_macro_f1(scores: NDArray[np.float32], targets: Targets) -> float:
    """Macro-F1 with thresholds that are tuned on the same examples; meant for the dev split."""
    predicted = scores >= tune_thresholds(scores, targets).astype(np.float32)
    return float(macro(totals(example_counts(predicted, targets))).f1)


def _f1_at_each(levels: NDArray[np.float32], scores: NDArray[np.float32], targets: Float) -> Float:
    """F1 of each threshold and label. *Shape:* `(levels, labels)`."""
    decisions = [scores >= level for level in levels]
    true_positives = np.array([(targets * predicted).sum(axis=0) for predicted in decisions])
    predicted = np.array([predicted.sum(axis=0) for predicted in decisions])
    return ratio_or_zero(2 * true_positives, predicted + targets.sum(axis=0))

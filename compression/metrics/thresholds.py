"""Decision thresholds, one a label, that maximise F1 on given scores.

Shapes: scores and targets are `(examples, labels)`, thresholds `(labels,)`.
"""

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.metrics.f1 import Float, example_counts, macro, ratio_or_zero, totals

THRESHOLD_STEPS = 200
"""Thresholds are multiples of 1/200: a finer grid fits the noise of the dev split."""


def tune_thresholds(scores: NDArray[np.float32], targets: Targets | Float) -> Float:
    """The threshold of highest F1 for each label; of several equal ones the middle one.

    Args:
        scores: of a classifier.
        targets: true or false, or the probability of each label. With probabilities, F1 is that
            of the expected counts.

    Returns:
        Multiples of `1 / THRESHOLD_STEPS`, strictly between 0 and 1. *Shape:* `(labels,)`.
    """
    grid = np.arange(1, THRESHOLD_STEPS) / THRESHOLD_STEPS
    f1 = _f1_at_each(grid.astype(np.float32), scores, targets.astype(np.float64))
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

"""Decision thresholds of highest F1, and F1 itself.

Shapes: scores and targets are `(texts, labels)`, thresholds `(labels,)`.
"""

import numpy as np
from numpy.typing import NDArray

from edgemood.adaptation.newton import Float

STEPS = 200
"""Thresholds are multiples of 1/200: a finer grid fits the noise."""
GRID = np.arange(1, STEPS) / STEPS


def tune_thresholds(scores: Float, targets: NDArray[np.bool_] | Float) -> Float:
    """Find the threshold of highest F1 for each label; of several equal ones the middle one.

    Args:
        scores: between 0 and 1.
        targets: true or false, or the probability of each label. With probabilities, F1 is that
            of the expected counts.

    Returns:
        Multiples of `1 / STEPS`, strictly between 0 and 1.
    """
    return best_thresholds(f1_at_each(scores, targets))


def f1_at_each(scores: Float | NDArray[np.float32], targets: NDArray[np.bool_] | Float) -> Float:
    """F1 of each label at each step. *Shape:* `(STEPS - 1, labels)`; see `tune_thresholds`."""
    # A score of the runtime is float32, and so is the threshold that it is compared with.
    scores, truth = scores.astype(np.float32), targets.astype(np.float64)
    decisions = [scores >= level for level in GRID.astype(np.float32)]
    true_positives = np.array([(truth * given).sum(axis=0) for given in decisions])
    given = np.array([given.sum(axis=0) for given in decisions])
    return f1_of_counts(true_positives, given, truth.sum(axis=0))


def best_thresholds(f1: Float) -> Float:
    """The step of the highest value for each label; of several equal ones the middle one."""
    best = [np.flatnonzero(column == column.max()) for column in f1.T]
    return np.array([GRID[ties[len(ties) // 2]] for ties in best])


def f1_of_counts(true_positives: Float, given: Float, true: Float) -> Float:
    """F1 of counts; 0 if nothing is given and nothing true. The shapes broadcast."""
    both = given + true
    return np.divide(2 * true_positives, both, out=np.zeros(np.shape(both)), where=both > 0)

"""Decision thresholds of highest F1, and F1 itself.

Shapes: scores and targets are `(texts, labels)`, thresholds `(labels,)`.
"""

import numpy as np
from numpy.typing import NDArray

from edgemood.adaptation.newton import Float

STEPS = 200
"""Thresholds are multiples of 1/200: a finer grid fits the noise."""


def tune_thresholds(scores: Float, targets: NDArray[np.bool_] | Float) -> Float:
    """Find the threshold of highest F1 for each label; of several equal ones the middle one.

    Args:
        scores: between 0 and 1.
        targets: true or false, or the probability of each label. With probabilities, F1 is that
            of the expected counts.

    Returns:
        Multiples of `1 / STEPS`, strictly between 0 and 1.
    """
    grid = np.arange(1, STEPS) / STEPS
    # A score of the runtime is float32, and so is the threshold that it is compared with.
    given = scores.astype(np.float32) >= grid.astype(np.float32)[:, None, None]
    true_positives = (given * targets).sum(axis=1)
    f1 = f1_of_counts(true_positives, given.sum(axis=1), targets.sum(axis=0))
    best = [np.flatnonzero(column == column.max()) for column in f1.T]
    return np.array([grid[ties[len(ties) // 2]] for ties in best])


def f1_of_counts(true_positives: Float, given: Float, true: Float) -> Float:
    """F1 of counts; 0 if nothing is given and nothing true. The shapes broadcast."""
    both = given + true
    return np.divide(2 * true_positives, both, out=np.zeros(np.shape(both)), where=both > 0)

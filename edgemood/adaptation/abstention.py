"""Keeps the coverage of a variant that abstains, whose scores have changed."""

import math

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32
from edgemood.format.manifest import Abstention

_DIGITS = 4


def same_coverage(
    abstention: Abstention, scores: Float32, decided: NDArray[np.bool_], targets: NDArray[np.bool_]
) -> Abstention:
    """Find the threshold under which as large a share of the texts is answered as before.

    Args:
        abstention: of the parent.
        scores: of texts that the map was not fitted to. *Shape:* `(texts, labels)`.
        decided: the labels that they get if all are answered; same shape.
        targets: true labels; same shape.
    """
    confidence = scores.max(axis=1)
    answered = max(1, math.ceil(abstention.coverage * len(confidence)))
    threshold = float(np.sort(confidence)[::-1][answered - 1])
    sure = confidence >= threshold
    given, true = decided[sure], targets[sure]
    right, count = int((given & true).sum()), int(given.sum())
    return Abstention(
        threshold=threshold,
        coverage=round(float(sure.mean()), _DIGITS),
        accuracy=round(float((given == true).all(axis=1).mean()), _DIGITS),
        precision=round(right / count, _DIGITS) if count else None,
    )

"""Calibration of weights: the range of each row."""

import numpy as np

from compression.quantizers.observers import OBSERVERS, Calibrator, Observer
from edgemood.arrays import Float32

SYMMETRIC_PERCENTILE = 99.0
"""Of |w| (Murillo & Su, "Update 2")."""


def row_limits(weight: Float32, calibrator: Calibrator) -> Float32:
    """The largest magnitude that each row's symmetric grid represents.

    Args:
        weight: *Shape:* `(rows, columns)`.
        calibrator: min-max takes the largest |w|, percentile the 99th percentile of |w| (Murillo &
            Su, "Update 2"); the others calibrate an observer on each row.

    Returns:
        *Shape:* `(rows, 1)`; 0 only for rows of zeros.
    """
    magnitudes = np.abs(weight)
    largest = np.asarray(magnitudes.max(axis=1, keepdims=True))
    if calibrator == "min-max":
        return largest
    if calibrator == "percentile":
        limits = np.percentile(magnitudes, SYMMETRIC_PERCENTILE, axis=1, keepdims=True)
    else:
        limits = np.array([[_observed_limit(row, OBSERVERS[calibrator]())] for row in magnitudes])
    # The percentile of a sparse row may be 0, which would erase its weights.
    return np.where(limits > 0, limits, largest).astype(np.float32)


def _observed_limit(magnitudes: Float32, observer: Observer) -> float:
    observer.observe(magnitudes)
    return float(observer.range()[1])

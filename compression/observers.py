"""Calibration: watch values go by, then say which range a grid should span.

An observer sees a tensor's values in any number of pieces and keeps constant memory, so a
calibration set may be as large as one likes.
"""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from edgemood.affine import Float32
from edgemood.registry import Registry

Calibrator = Literal["min-max", "percentile"]

SYMMETRIC_PERCENTILE = 99.0
"""Of |w|, for weights (Murillo & Su, "Update 2")."""
ASYMMETRIC_PERCENTILES = (0.5, 99.5)
"""Of x, for activations (Murillo & Su, "Update 2")."""
HISTOGRAM_BINS = 2048


class Observer(Protocol):
    """Watches activations."""

    def observe(self, values: Float32) -> None:
        """Take in values of any shape."""

    def range(self) -> tuple[Float32, Float32]:
        """The lowest and the highest value to represent.

        Raises:
            ValueError: nothing was observed.
        """


class MinMaxObserver:
    """The range of everything that was seen."""

    def __init__(self) -> None:
        self._low, self._high = np.float32(np.inf), np.float32(-np.inf)

    def observe(self, values: Float32) -> None:
        self._low = min(self._low, np.float32(values.min(initial=np.inf)))
        self._high = max(self._high, np.float32(values.max(initial=-np.inf)))

    def range(self) -> tuple[Float32, Float32]:
        if self._low > self._high:
            raise ValueError("nothing was observed")
        return np.asarray(self._low), np.asarray(self._high)


class PercentileObserver:
    """The range between two percentiles, read off a histogram to within one bin."""

    def __init__(self, percentiles: tuple[float, float] = ASYMMETRIC_PERCENTILES) -> None:
        self._percentiles = percentiles
        self._histogram = Histogram(HISTOGRAM_BINS)

    def observe(self, values: Float32) -> None:
        self._histogram.add(values)

    def range(self) -> tuple[Float32, Float32]:
        low, high = (self._histogram.percentile(p) for p in self._percentiles)
        return np.asarray(low, np.float32), np.asarray(high, np.float32)


class Histogram:
    """Counts in bins of equal width; the width doubles, and bins merge in pairs, as values spread.

    Bin edges are whole multiples of the width, so merging never splits a bin and no count is lost.
    """

    def __init__(self, bins: int) -> None:
        self._counts = np.zeros(bins, dtype=np.int64)
        self._first = 0  # number of the lowest bin: it begins at _first * _width
        self._width = 0.0

    def add(self, values: NDArray[np.float32]) -> None:
        """Count values of any shape."""
        if not values.size:
            return
        wide = values.astype(np.float64).reshape(-1)
        low, high = float(wide.min()), float(wide.max())
        if not self._width:
            self._width = max((high - low) / len(self._counts), abs(high) * 1e-9, 1e-30)
            self._first = int(np.floor(low / self._width))
        while not self._holds(low, high):
            self._double(low)
        numbers = np.floor(wide / self._width).astype(np.int64) - self._first
        np.add.at(self._counts, numbers, 1)

    def percentile(self, percent: float) -> float:
        """The middle of the bin that holds this percentile.

        Raises:
            ValueError: nothing was counted.
        """
        total = int(self._counts.sum())
        if not total:
            raise ValueError("nothing was observed")
        rank = percent / 100 * (total - 1)
        number = int(np.searchsorted(np.cumsum(self._counts), rank, side="right"))
        return (self._first + number + 0.5) * self._width

    def _holds(self, low: float, high: float) -> bool:
        first, last = np.floor(low / self._width), np.floor(high / self._width)
        return bool(first >= self._first and last < self._first + len(self._counts))

    def _double(self, low: float) -> None:
        old = np.arange(self._first, self._first + len(self._counts)) // 2
        self._width *= 2
        # Room goes to the side that needs it: downwards if the new values lie there.
        first = int(old[0])
        if low < first * self._width:
            first = int(old[-1]) - len(self._counts) + 1
        merged = np.zeros_like(self._counts)
        np.add.at(merged, old - first, self._counts)
        self._counts, self._first = merged, first


OBSERVERS: Registry[type[MinMaxObserver] | type[PercentileObserver]] = Registry(
    "calibrator", (("min-max", MinMaxObserver), ("percentile", PercentileObserver))
)


def row_limits(weight: Float32, calibrator: Calibrator) -> Float32:
    """The magnitude that each row's symmetric grid should reach.

    Args:
        weight: *Shape:* `(rows, columns)`.
        calibrator: the largest |w|, or its 99th percentile.

    Returns:
        *Shape:* `(rows, 1)`.
    """
    magnitudes = np.abs(weight)
    if calibrator == "min-max":
        return np.asarray(magnitudes.max(axis=1, keepdims=True))
    limits = np.percentile(magnitudes, SYMMETRIC_PERCENTILE, axis=1, keepdims=True)
    # In a sparse row the percentile may be 0, which would erase what there is.
    limits = np.where(limits > 0, limits, magnitudes.max(axis=1, keepdims=True))
    return np.asarray(limits, dtype=np.float32)

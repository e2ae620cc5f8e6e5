"""Calibration: watch values go by, then say which range a grid should span.

An observer sees a tensor's values in any number of pieces and keeps constant memory, so a
calibration set may be as large as one likes.
"""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32
from edgemood.quantization.affine import asymmetric_grid, dequantize, full_range, quantize
from edgemood.registry import Registry

Calibrator = Literal["min-max", "percentile", "entropy", "mse"]

SYMMETRIC_PERCENTILE = 99.0
"""Of |w|, for weights (Murillo & Su, "Update 2")."""
ASYMMETRIC_PERCENTILES = (0.5, 99.5)
"""Of x, for activations (Murillo & Su, "Update 2")."""
HISTOGRAM_BINS = 2048
QUANTIZED_BINS = 128
"""Levels of the entropy search: half the codes of 8 bits, since it looks at magnitudes."""
CANDIDATES = 96
"""Thresholds that the entropy search tries."""
SHRINKAGES = np.linspace(0.2, 1.0, 81)
"""Shares of the whole range that the MSE search tries."""


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


class EntropyObserver:
    """The range that loses least information: KL divergence between magnitudes and their codes.

    As TensorRT does it: of all thresholds, the one whose clipped histogram of |x| is nearest to
    itself spread over `QUANTIZED_BINS`. Searching |x| treats both sides alike; a search over the
    right tail alone mis-clips what leans to the left.
    """

    def __init__(self) -> None:
        self._histogram = Histogram(HISTOGRAM_BINS)
        self._bounds = MinMaxObserver()

    def observe(self, values: Float32) -> None:
        self._bounds.observe(values)
        magnitudes = np.abs(values)
        self._histogram.cover(0.0, float(magnitudes.max(initial=0)))
        self._histogram.add(magnitudes)

    def range(self) -> tuple[Float32, Float32]:
        low, high = self._bounds.range()
        counts, width = self._histogram.counts(), self._histogram.width
        # From the widest down, so that of equally good ones the widest is kept.
        candidates = np.unique(
            np.linspace(len(counts), min(QUANTIZED_BINS, len(counts)), CANDIDATES).astype(int)
        )[::-1].tolist()
        kept = min(candidates, key=lambda bins: clipping_divergence(counts, bins))
        limit = np.float32(kept * width)
        return np.maximum(low, -limit), np.minimum(high, limit)


class MseObserver:
    """The range, shrunk towards 0, whose 8-bit grid gives the smallest squared error."""

    def __init__(self) -> None:
        self._histogram = Histogram(HISTOGRAM_BINS)
        self._bounds = MinMaxObserver()

    def observe(self, values: Float32) -> None:
        self._bounds.observe(values)
        self._histogram.add(values)

    def range(self) -> tuple[Float32, Float32]:
        low, high = self._bounds.range()
        middles, counts = self._histogram.middles().astype(np.float32), self._histogram.counts()

        def error(share: float) -> float:
            grid = asymmetric_grid(low * np.float32(share), high * np.float32(share), bits=8)
            moved = dequantize(quantize(middles, grid, full_range(8)), grid) - middles
            return float((counts * moved.astype(np.float64) ** 2).sum())

        best = np.float32(min(SHRINKAGES, key=error))
        return np.asarray(low * best), np.asarray(high * best)


def clipping_divergence(counts: NDArray[np.int64], bins: int) -> float:
    """KL divergence of magnitudes clipped to their first bins from the same in few levels.

    Args:
        counts: histogram of magnitudes, from 0 upwards.
        bins: how many of them are kept; what lies beyond is added to the last.
    """
    clipped = counts[:bins].astype(np.float64)
    clipped[-1] += counts[bins:].sum()
    starts = np.unique(np.arange(QUANTIZED_BINS) * bins // QUANTIZED_BINS)
    kept, filled = counts[:bins], counts[:bins] > 0
    # Each level's mass goes evenly to those of its bins that had any.
    shares = np.add.reduceat(kept, starts) / np.maximum(
        np.add.reduceat(filled, starts, dtype=int), 1
    )
    spread = np.where(filled, np.repeat(shares, np.diff(np.append(starts, bins))), 0.0)
    p, q = clipped / max(clipped.sum(), 1), spread / max(spread.sum(), 1)
    both = p > 0
    return float((p[both] * np.log(p[both] / np.maximum(q[both], 1e-12))).sum())


class Histogram:
    """Counts in bins of equal width; the width doubles, and bins merge in pairs, as values spread.

    Bin edges are whole multiples of the width, so merging never splits a bin and no count is lost.
    """

    def __init__(self, bins: int) -> None:
        self._counts = np.zeros(bins, dtype=np.int64)
        self._first = 0  # number of the lowest bin: it begins at _first * width
        self.width = 0.0

    def add(self, values: NDArray[np.float32]) -> None:
        """Count values of any shape."""
        if not values.size:
            return
        wide = values.astype(np.float64).reshape(-1)
        self.cover(float(wide.min()), float(wide.max()))
        numbers = np.floor(wide / self.width).astype(np.int64) - self._first
        np.add.at(self._counts, numbers, 1)

    def cover(self, low: float, high: float) -> None:
        """Make room for values between these two."""
        if not self.width:
            self.width = max((high - low) / len(self._counts), abs(high) * 1e-9, 1e-30)
            self._first = int(np.floor(low / self.width))
        while not self._holds(low, high):
            self._double(low)

    def counts(self) -> NDArray[np.int64]:
        """The counts, lowest bin first, without the empty bins above the highest value."""
        filled = np.flatnonzero(self._counts)
        return self._counts[: filled[-1] + 1] if len(filled) else self._counts[:0]

    def middles(self) -> NDArray[np.float64]:
        """The middle of each bin of `counts`."""
        numbers = self._first + np.arange(len(self.counts()), dtype=np.float64)
        middles: NDArray[np.float64] = (numbers + 0.5) * self.width
        return middles

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
        return (self._first + number + 0.5) * self.width

    def _holds(self, low: float, high: float) -> bool:
        first, last = np.floor(low / self.width), np.floor(high / self.width)
        return bool(first >= self._first and last < self._first + len(self._counts))

    def _double(self, low: float) -> None:
        old = np.arange(self._first, self._first + len(self._counts)) // 2
        self.width *= 2
        # Room goes to the side that needs it: downwards if the new values lie there.
        first = int(old[0])
        if low < first * self.width:
            first = int(old[-1]) - len(self._counts) + 1
        merged = np.zeros_like(self._counts)
        np.add.at(merged, old - first, self._counts)
        self._counts, self._first = merged, first


OBSERVERS: Registry[type[Observer]] = Registry(
    "calibrator",
    (
        ("min-max", MinMaxObserver),
        ("percentile", PercentileObserver),
        ("entropy", EntropyObserver),
        ("mse", MseObserver),
    ),
)


def row_limits(weight: Float32, calibrator: Calibrator) -> Float32:
    """The magnitude that each row's symmetric grid should reach.

    Args:
        weight: *Shape:* `(rows, columns)`.
        calibrator: the largest |w|, its 99th percentile, or what an observer finds in each row.

    Returns:
        *Shape:* `(rows, 1)`, above 0 wherever the row is.
    """
    magnitudes = np.abs(weight)
    largest = np.asarray(magnitudes.max(axis=1, keepdims=True))
    if calibrator == "min-max":
        return largest
    if calibrator == "percentile":
        limits = np.percentile(magnitudes, SYMMETRIC_PERCENTILE, axis=1, keepdims=True)
    else:
        limits = np.array([[_observed_limit(row, OBSERVERS[calibrator]())] for row in magnitudes])
    # In a sparse row a calibrator may find 0, which would erase what there is.
    return np.where(limits > 0, limits, largest).astype(np.float32)


def _observed_limit(magnitudes: Float32, observer: Observer) -> float:
    observer.observe(magnitudes)
    return float(observer.range()[1])

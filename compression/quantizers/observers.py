"""Calibration of activations: observers of values, and the range that a grid should span.

An observer takes a tensor's values in any number of pieces and uses constant memory, so the
calibration set can have any size.
"""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from compression.quantizers.histogram import Histogram
from edgemood.arrays import Float32
from edgemood.quantization.affine import asymmetric_grid, dequantize, full_range, quantize
from edgemood.registry import Registry

Calibrator = Literal["min-max", "moving-average", "percentile", "entropy", "mse"]

ASYMMETRIC_PERCENTILES = (0.5, 99.5)
"""Of x, for activations (Murillo & Su, "Update 2")."""
AVERAGING = 0.01
"""Weight of the latest piece in a moving average; the customary one for activations."""
HISTOGRAM_BINS = 2048
QUANTIZED_BINS = 128
"""Levels of the entropy search, which uses magnitudes: half the codes of 8 bits."""
CANDIDATES = 96
"""Thresholds that the entropy search tries."""
SHRINKAGES = np.linspace(0.2, 1.0, 81)
"""Shares of the whole range that the MSE search tries."""


class Observer(Protocol):
    """Collects statistics of a tensor's values."""

    def observe(self, values: Float32) -> None:
        """Add values of any shape."""

    def range(self) -> tuple[Float32, Float32]:
        """The lowest and the highest value to represent.

        Raises:
            ValueError: nothing was observed.
        """


class MinMaxObserver:
    """The range of all values."""

    def __init__(self) -> None:
        self._low, self._high = np.float32(np.inf), np.float32(-np.inf)

    def observe(self, values: Float32) -> None:
        self._low = min(self._low, np.float32(values.min(initial=np.inf)))
        self._high = max(self._high, np.float32(values.max(initial=-np.inf)))

    def range(self) -> tuple[Float32, Float32]:
        if self._low > self._high:
            raise ValueError("nothing was observed")
        return np.asarray(self._low), np.asarray(self._high)


class MovingAverageObserver:
    """Exponential moving averages of the lowest and of the highest value of each piece.

    A single extreme value widens the range less than with `MinMaxObserver` (Jacob et al., arXiv
    1712.05877, section 3.1). A piece is the values of one call. The weights of the pieces add up to
    one from the first piece on, so that a short calibration does not end at the range of its first
    piece. For weights, which are one piece, this is `MinMaxObserver`.
    """

    def __init__(self, averaging: float = AVERAGING) -> None:
        self._averaging = averaging
        self._sums, self._weight = np.zeros(2), 0.0

    def observe(self, values: Float32) -> None:
        if values.size:
            kept, ends = 1 - self._averaging, np.array([values.min(), values.max()])
            self._sums = kept * self._sums + self._averaging * ends
            self._weight = kept * self._weight + self._averaging

    def range(self) -> tuple[Float32, Float32]:
        if not self._weight:
            raise ValueError("nothing was observed")
        low, high = (self._sums / self._weight).astype(np.float32)
        return np.asarray(low), np.asarray(high)


class PercentileObserver:
    """The range between two percentiles, to the precision of a histogram bin."""

    def __init__(self, percentiles: tuple[float, float] = ASYMMETRIC_PERCENTILES) -> None:
        self._percentiles = percentiles
        self._histogram = Histogram(HISTOGRAM_BINS)

    def observe(self, values: Float32) -> None:
        self._histogram.add(values)

    def range(self) -> tuple[Float32, Float32]:
        low, high = (self._histogram.percentile(p) for p in self._percentiles)
        return np.asarray(low, np.float32), np.asarray(high, np.float32)


class EntropyObserver:
    """The range with the smallest KL divergence between magnitudes and their quantized codes.

    The method of TensorRT: of all clipping thresholds, the one whose clipped histogram of |x| is
    nearest to the same histogram in `QUANTIZED_BINS` levels. The search uses |x|, so that skewed
    values are clipped at the same magnitude on both sides.
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
        # In falling order, so that of equally good thresholds the widest is kept.
        candidates = np.unique(
            np.linspace(len(counts), min(QUANTIZED_BINS, len(counts)), CANDIDATES).astype(int)
        )[::-1].tolist()
        kept = min(candidates, key=lambda bins: clipping_divergence(counts, bins))
        limit = np.float32(kept * width)
        return np.maximum(low, -limit), np.minimum(high, limit)


class MseObserver:
    """The range, shrunk towards 0, whose 8-bit grid has the smallest squared error."""

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
    """KL divergence of clipped magnitudes from the same magnitudes in `QUANTIZED_BINS` levels.

    Args:
        counts: histogram of magnitudes, from 0 upwards.
        bins: the number of bins kept; counts beyond are added to the last.
    """
    clipped = counts[:bins].astype(np.float64)
    clipped[-1] += counts[bins:].sum()
    starts = np.unique(np.arange(QUANTIZED_BINS) * bins // QUANTIZED_BINS)
    kept, filled = counts[:bins], counts[:bins] > 0
    # Each level's counts are spread evenly over its bins that are not empty.
    shares = np.add.reduceat(kept, starts) / np.maximum(
        np.add.reduceat(filled, starts, dtype=int), 1
    )
    spread = np.where(filled, np.repeat(shares, np.diff(np.append(starts, bins))), 0.0)
    p, q = clipped / max(clipped.sum(), 1), spread / max(spread.sum(), 1)
    both = p > 0
    return float((p[both] * np.log(p[both] / np.maximum(q[both], 1e-12))).sum())


OBSERVERS: Registry[type[Observer]] = Registry(
    "calibrator",
    (
        ("min-max", MinMaxObserver),
        ("moving-average", MovingAverageObserver),
        ("percentile", PercentileObserver),
        ("entropy", EntropyObserver),
        ("mse", MseObserver),
    ),
)

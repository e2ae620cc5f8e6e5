"""A histogram with constant memory for values of unknown range."""

import numpy as np
from numpy.typing import NDArray


class Histogram:
    """Counts in bins of equal width, over a range that grows with the values.

    To cover a wider range the width doubles and bins merge in pairs. Bin edges are whole multiples
    of the width, so merging never splits a bin and no count is lost.
    """

    def __init__(self, bins: int) -> None:
        self._counts = np.zeros(bins, dtype=np.int64)
        self._first = 0  # the lowest bin starts at _first * width
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
        """Extend the range to include values from `low` to `high`."""
        if not self.width:
            self.width = max((high - low) / len(self._counts), abs(high) * 1e-9, 1e-30)
            self._first = int(np.floor(low / self.width))
        while not self._holds(low, high):
            self._double(low)

    def counts(self) -> NDArray[np.int64]:
        """The counts, lowest bin first, without the empty bins above the highest value.

        *Shape:* `(bins,)`.
        """
        filled = np.flatnonzero(self._counts)
        return self._counts[: filled[-1] + 1] if len(filled) else self._counts[:0]

    def middles(self) -> NDArray[np.float64]:
        """The middle of each bin of `counts`. *Shape:* `(bins,)`."""
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
        # Extend downwards if the new values lie below the range, else upwards.
        first = int(old[0])
        if low < first * self.width:
            first = int(old[-1]) - len(self._counts) + 1
        merged = np.zeros_like(self._counts)
        np.add.at(merged, old - first, self._counts)
        self._counts, self._first = merged, first

"""Bounds of what products can give, so that a file is refused before a text gives no number.

The bounds of a network's layers follow from each other, and each must be at most `LARGEST`. They
are computed in float64 and hold for any text.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32, Int32
from edgemood.encodings.memory import BLOCK_ITEMS
from edgemood.errors import LayoutError

Bounds = NDArray[np.float64]
"""Largest magnitudes, one for each number of a row."""

LARGEST = 1e30
"""Far below the largest float32, so that sums over a text stay finite, too."""


class _Rows(Protocol):
    """The part of a weight that this module needs."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def rows(self, ids: Int32) -> Float32: ...


def column_bounds(table: _Rows) -> Bounds:
    """Return the largest magnitude in each column of a token table. *Shape:* `(in,)`."""
    bounds = np.zeros(table.shape[1])
    for block in _blocks(table):
        np.maximum(bounds, np.abs(block).max(axis=0), out=bounds)
    return check_bounds(bounds)


def product_bounds(matrix: _Rows, inputs: Bounds) -> Bounds:
    """Return the bounds of `x @ W.T` for inputs within bounds. *Shape:* `(in,)` -> `(out,)`."""
    return check_bounds(np.concatenate([np.abs(rows) @ inputs for rows in _blocks(matrix)]))


def check_bounds(bounds: NDArray[Any]) -> Bounds:
    """Return the bounds if none of them is too large.

    Raises:
        LayoutError: one is, or it is not a number.
    """
    if not (bounds <= LARGEST).all():
        raise LayoutError("the weights are so large that scores may be not numbers")
    return np.asarray(bounds, np.float64)


def _blocks(matrix: _Rows) -> Iterator[Bounds]:
    """The rows in float64, some after the other."""
    rows, columns = matrix.shape
    step = max(1, BLOCK_ITEMS // columns)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, rows, step):
            ids = np.arange(start, min(start + step, rows), dtype=np.int32)
            yield matrix.rows(ids).astype(np.float64)

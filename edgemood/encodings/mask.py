"""The mask of a sparse matrix: one bit for each weight, set if the weight is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32, Int32, check_array
from edgemood.encodings.base import Codes, cached_bytes
from edgemood.encodings.memory import BLOCK_ITEMS
from edgemood.quantization import bits as bit_packing


@dataclass(frozen=True)
class Mask:
    """The bits of a matrix. Sparse encodings store it together with the values it selects."""

    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`."""
    columns: int

    @classmethod
    def of(cls, weight: Float32) -> "Mask":
        """Select the weights that are not 0. *Shape:* `(out, in)`."""
        kept = weight != 0
        return cls(bit_packing.pack(kept.astype(np.uint16), 1), weight.shape[1])

    @classmethod
    def from_stored(cls, packed: NDArray[np.uint8], shape: tuple[int, int]) -> "Mask":
        """Wrap a stored mask of a matrix of this shape.

        Raises:
            LayoutError: the array has another dtype or size.
        """
        width = bit_packing.row_bytes(shape[1], 1)
        check_array(packed, name="mask", dtype="|u1", shape=(shape[0], width))
        return cls(packed, shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the matrix, `(out, in)`."""
        return len(self.packed), self.columns

    @cached_property
    def count(self) -> int:
        """Number of stored weights."""
        return sum(int(counts.sum()) for counts in self._row_counts())

    @property
    def starts_bytes(self) -> int:
        """Most bytes that the row starts take while they are made."""
        return 3 * 8 * len(self.packed)

    @property
    def index_bytes(self) -> int:
        """Bytes of the row starts, once `positions` has computed them."""
        return cached_bytes(self, "_row_starts")

    def codes(self) -> Codes:
        """Return the bits as codes of one bit. *Shape:* `(out, in)`."""
        return Codes(bit_packing.unpack(self.packed, 1, self.columns), 1)

    def positions(self, ids: Int32) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Locate the stored values of some rows.

        Args:
            ids: rows of the matrix. *Shape:* `(n,)`.

        Returns:
            Which weights of these rows are stored, *Shape:* `(n, in)`; and the positions of those
            weights among all stored values, row by row, *Shape:* `(stored weights of these rows,)`.
        """
        kept = self._unpacked(self.packed[ids])
        positions = self._row_starts[ids].reshape(-1, 1) + np.cumsum(kept, axis=1) - 1
        return kept, positions[kept]

    def _unpacked(self, packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return bit_packing.unpack(packed, 1, self.columns).astype(np.bool_)

    @cached_property
    def _row_starts(self) -> NDArray[np.int64]:
        counts = np.concatenate(list(self._row_counts()))
        return np.asarray(np.cumsum(counts) - counts)

    def _row_counts(self) -> Iterator[NDArray[np.int64]]:
        """Stored weights of each row, for some rows after the other."""
        step = max(1, BLOCK_ITEMS // self.columns)
        for start in range(0, len(self.packed), step):
            yield self._unpacked(self.packed[start : start + step]).sum(axis=1)

"""Which weights of a matrix are stored: one bit a weight, and where a row's values begin."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32, Int32, check_array
from edgemood.quantization import bits as bit_packing


@dataclass(frozen=True)
class Mask:
    """The bits of a matrix. Encodings of sparse matrices hold one beside their values."""

    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`."""
    columns: int

    @classmethod
    def of(cls, weight: Float32) -> "Mask":
        """Where a matrix is not zero."""
        kept = weight != 0
        return cls(bit_packing.pack(kept.astype(np.uint16), 1), weight.shape[1])

    @classmethod
    def from_stored(cls, packed: NDArray[np.uint8], shape: tuple[int, int]) -> "Mask":
        """Wrap a stored mask.

        Raises:
            LayoutError: it does not have the size that the shape asks for.
        """
        width = bit_packing.row_bytes(shape[1], 1)
        check_array(packed, name="mask", dtype="|u1", shape=(shape[0], width))
        return cls(packed, shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Of the matrix."""
        return len(self.packed), self.columns

    @cached_property
    def count(self) -> int:
        """How many weights are stored."""
        return int(self._unpacked(self.packed).sum())

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory now."""
        starts = self.__dict__.get("_starts")
        return self.packed.nbytes + (0 if starts is None else starts.nbytes)

    def places(self, ids: Int32) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Where the values of some rows are.

        Returns:
            Which weights of these rows are stored, *Shape:* `(n, in)`; and the positions of those
            among all stored values, row by row, *Shape:* `(stored weights of these rows,)`.
        """
        kept = self._unpacked(self.packed[ids])
        places = self._starts[ids].reshape(-1, 1) + np.cumsum(kept, axis=1) - 1
        return kept, places[kept]

    def _unpacked(self, packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return bit_packing.unpack(packed, 1, self.columns).astype(np.bool_)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        counts = self._unpacked(self.packed).sum(axis=1)
        return np.asarray(np.cumsum(counts) - counts)

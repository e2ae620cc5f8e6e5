"""Mostly zeros: one bit a weight says where the others are, and only those are stored.

Smaller than `dense` once more than one weight in `bits` is zero; `smaller_than_dense` tells.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from edgemood import bits as bit_packing
from edgemood.encodings.base import (
    Arrays,
    Float32,
    Int32,
    Settings,
    check_array,
    check_finite,
    take,
)
from edgemood.encodings.dense import PRECISIONS
from edgemood.errors import LayoutError


@dataclass(frozen=True)
class Sparse:
    """A matrix of few values. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "sparse"
    mask: NDArray[np.uint8]
    """Where a value stands, one bit a weight. *Shape:* `(out, bytes of a row)`."""
    values: NDArray[Any]
    """Row by row. *Shape:* `(values that are not zero,)`."""
    columns: int

    @classmethod
    def encode(cls, weight: Float32, *, bits: int = 32) -> Self:
        """Store the weights that are not zero at 32 or 16 bits each.

        Raises:
            ValueError: `bits` is neither.
        """
        if bits not in PRECISIONS:
            raise ValueError(f"sparse weights have {sorted(PRECISIONS)} bits, not {bits}")
        kept = weight != 0
        return cls(
            mask=bit_packing.pack(kept.astype(np.uint16), 1),
            values=np.ascontiguousarray(weight[kept], dtype=PRECISIONS[bits]),
            columns=weight.shape[1],
        )

    @staticmethod
    def smaller_than_dense(weight: Float32, *, bits: int = 32) -> bool:
        """Whether `encode` takes fewer bytes than the same matrix in full."""
        rows, columns = weight.shape
        mask: int = rows * bit_packing.row_bytes(columns, 1)
        saved = int((weight == 0).sum()) * bits // 8
        return mask < saved

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.mask), self.columns

    @property
    def resident_bytes(self) -> int:
        derived = [self.__dict__.get(name) for name in ("_starts", "_expanded")]
        arrays = (self.mask, self.values, *(array for array in derived if array is not None))
        return sum(array.nbytes for array in arrays)

    def rows(self, ids: Int32) -> Float32:
        kept = self._kept(self.mask[ids])
        rows = np.zeros(kept.shape, dtype=np.float32)
        places = self._starts[ids].reshape(-1, 1) + np.cumsum(kept, axis=1) - 1
        rows[kept] = self.values[places[kept]]
        return rows

    def matmul(self, x: Float32) -> Float32:
        return x @ self._expanded.T

    def arrays(self) -> Arrays:
        return {"mask": self.mask, "values": self.values}

    def settings(self) -> Settings:
        return {"bits": 8 * self.values.itemsize}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        if set(settings) != {"bits"} or settings["bits"] not in PRECISIONS:
            raise LayoutError(f"bits must be one of {sorted(PRECISIONS)}, found {dict(settings)}")
        mask, values = take(arrays, ("mask", "values"))
        width = bit_packing.row_bytes(shape[1], 1)
        check_array(mask, name="mask", dtype="|u1", shape=(shape[0], width))
        count = int(cls._kept_of(mask, shape[1]).sum())
        dtype = PRECISIONS[int(settings["bits"])]
        check_array(values, name="values", dtype=dtype, shape=(count,))
        check_finite(values, name="values")
        return cls(mask, values, shape[1])

    @staticmethod
    def _kept_of(mask: NDArray[np.uint8], columns: int) -> NDArray[np.bool_]:
        return bit_packing.unpack(mask, 1, columns).astype(np.bool_)

    def _kept(self, mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return self._kept_of(mask, self.columns)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where the values of each row begin."""
        counts = self._kept(self.mask).sum(axis=1)
        return np.asarray(np.cumsum(counts) - counts)

    @cached_property
    def _expanded(self) -> Float32:
        return self.rows(np.arange(len(self.mask), dtype=np.int32))

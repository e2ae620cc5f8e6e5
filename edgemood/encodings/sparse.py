"""Sparse floating point: a mask of one bit a weight, and the values that are not 0.

This is smaller than `dense` if the share of zeros exceeds `1 / bits`; see `smaller_than_dense`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import (
    Arrays,
    Float32,
    Int32,
    Settings,
    check_array,
    check_finite,
    expect_arrays,
)
from edgemood.encodings.base import Codes, ExpandedWeight
from edgemood.encodings.dense import PRECISIONS, stored_dtype
from edgemood.encodings.mask import Mask
from edgemood.encodings.memory import Memory
from edgemood.quantization import bits as bit_packing


@dataclass(frozen=True)
class Sparse(ExpandedWeight):
    """A matrix of few values. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "sparse"
    mask: Mask
    values: NDArray[Any]
    """float32 or float16, row by row. *Shape:* `(mask.count,)`."""

    @classmethod
    def encode(cls, weight: Float32, *, bits: int = 32) -> Self:
        """Store the weights that are not 0 at 32 or 16 bits each.

        Raises:
            ValueError: `bits` is neither.
        """
        if bits not in PRECISIONS:
            raise ValueError(f"sparse weights have {sorted(PRECISIONS)} bits, not {bits}")
        kept = weight[weight != 0]
        return cls(Mask.of(weight), np.ascontiguousarray(kept, dtype=PRECISIONS[bits]))

    @staticmethod
    def smaller_than_dense(weight: Float32, *, bits: int = 32) -> bool:
        """Whether `encode` takes fewer bytes than `Dense.encode` at the same number of bits."""
        rows, columns = weight.shape
        mask: int = rows * bit_packing.row_bytes(columns, 1)
        saved = int((weight == 0).sum()) * bits // 8
        return mask < saved

    @property
    def shape(self) -> tuple[int, int]:
        """`(out, in)`."""
        return self.mask.shape

    @property
    def resident_bytes(self) -> int:
        """Bytes of the stored arrays, the mask's row starts, and the float32 copy."""
        return super().resident_bytes + self.mask.index_bytes

    @property
    def memory(self) -> Memory:
        """Most bytes that uses of this weight take, the mask's row starts included."""
        inputs = self.input_quantization.item_bytes
        return Memory.of(self.shape, copy=4, inputs=inputs, table=self.mask.starts_bytes)

    def _decode(self, ids: Int32) -> Float32:
        kept, positions = self.mask.positions(ids)
        rows = np.zeros(kept.shape, dtype=np.float32)
        rows[kept] = self.values[positions]
        return rows

    def arrays(self) -> Arrays:
        """Return `mask` and `values`."""
        return {"mask": self.mask.packed, "values": self.values}

    def codes(self) -> Mapping[str, Codes]:
        """Return the bits of the mask."""
        return {"mask": self.mask.codes()}

    def settings(self) -> Settings:
        """Return `bits`, the width of a value."""
        return {"bits": 8 * self.values.itemsize}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap a stored mask and its values."""
        dtype = stored_dtype(settings)
        packed, values = expect_arrays(arrays, ("mask", "values"))
        mask = Mask.from_stored(packed, shape)
        check_array(values, name="values", dtype=dtype, shape=(mask.count,))
        check_finite(values, name="values")
        return cls(mask, values)

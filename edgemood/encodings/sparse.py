"""Mostly zeros: one bit a weight says where the others are, and only those are stored.

Smaller than `dense` once more than one weight in `bits` is zero; `smaller_than_dense` tells.
"""

from dataclasses import dataclass
from functools import cached_property
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
from edgemood.encodings.base import FloatProduct
from edgemood.encodings.dense import PRECISIONS
from edgemood.encodings.mask import Mask
from edgemood.errors import LayoutError
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.input_quantization import InputQuantization


@dataclass(frozen=True)
class Sparse:
    """A matrix of few values. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "sparse"
    mask: Mask
    values: NDArray[Any]
    """Row by row. *Shape:* `(values that are not zero,)`."""

    @classmethod
    def encode(cls, weight: Float32, *, bits: int = 32) -> Self:
        """Store the weights that are not zero at 32 or 16 bits each.

        Raises:
            ValueError: `bits` is neither.
        """
        if bits not in PRECISIONS:
            raise ValueError(f"sparse weights have {sorted(PRECISIONS)} bits, not {bits}")
        kept = weight[weight != 0]
        return cls(Mask.of(weight), np.ascontiguousarray(kept, dtype=PRECISIONS[bits]))

    @staticmethod
    def smaller_than_dense(weight: Float32, *, bits: int = 32) -> bool:
        """Whether `encode` takes fewer bytes than the same matrix in full."""
        rows, columns = weight.shape
        mask: int = rows * bit_packing.row_bytes(columns, 1)
        saved = int((weight == 0).sum()) * bits // 8
        return mask < saved

    @property
    def shape(self) -> tuple[int, int]:
        return self.mask.shape

    @property
    def resident_bytes(self) -> int:
        expanded = self.__dict__.get("_expanded")
        stored = self.mask.resident_bytes + self.values.nbytes
        return stored + (0 if expanded is None else expanded.nbytes)

    def rows(self, ids: Int32) -> Float32:
        kept, places = self.mask.places(ids)
        rows = np.zeros(kept.shape, dtype=np.float32)
        rows[kept] = self.values[places]
        return rows

    def matmul(self, x: Float32) -> Float32:
        return x @ self._expanded.T

    def as_float_product(self) -> FloatProduct | None:
        return FloatProduct(InputQuantization(), self._expand().T)

    def arrays(self) -> Arrays:
        return {"mask": self.mask.packed, "values": self.values}

    def settings(self) -> Settings:
        return {"bits": 8 * self.values.itemsize}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        if set(settings) != {"bits"} or settings["bits"] not in PRECISIONS:
            raise LayoutError(f"bits must be one of {sorted(PRECISIONS)}, found {dict(settings)}")
        packed, values = expect_arrays(arrays, ("mask", "values"))
        mask = Mask.from_stored(packed, shape)
        dtype = PRECISIONS[int(settings["bits"])]
        check_array(values, name="values", dtype=dtype, shape=(mask.count,))
        check_finite(values, name="values")
        return cls(mask, values)

    @cached_property
    def _expanded(self) -> Float32:
        return self._expand()

    def _expand(self) -> Float32:
        return self.rows(np.arange(self.shape[0], dtype=np.int32))

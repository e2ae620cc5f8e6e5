"""Plain floating point, 32 or 16 bits a weight."""

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
from edgemood.errors import LayoutError
from edgemood.quantization.input_quantization import InputQuantization

PRECISIONS = {32: "<f4", 16: "<f2"}
"""Bits a weight -> stored type. In memory everything is multiplied as float32."""


@dataclass(frozen=True)
class Dense:
    """A matrix stored as it is: `values` of *Shape:* `(out, in)`."""

    encoding: ClassVar[str] = "dense"
    values: NDArray[Any]

    @classmethod
    def encode(cls, values: Float32, *, bits: int = 32) -> Self:
        """Store a float32 matrix at 32 or 16 bits a weight.

        Raises:
            ValueError: `bits` is neither.
        """
        if bits not in PRECISIONS:
            raise ValueError(f"dense weights have {sorted(PRECISIONS)} bits, not {bits}")
        return cls(np.ascontiguousarray(values, dtype=PRECISIONS[bits]))

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.values.shape
        return rows, columns

    @property
    def resident_bytes(self) -> int:
        expanded = self.__dict__.get("_float32", self.values)
        return self.values.nbytes + (0 if expanded is self.values else expanded.nbytes)

    def matmul(self, x: Float32) -> Float32:
        return x @ self._float32.T

    def as_float_product(self) -> FloatProduct | None:
        return FloatProduct(InputQuantization(), self.values.astype(np.float32, copy=False).T)

    def rows(self, ids: Int32) -> Float32:
        return self.values[ids].astype(np.float32, copy=False)

    def arrays(self) -> Arrays:
        return {"values": self.values}

    def settings(self) -> Settings:
        return {"bits": 8 * self.values.itemsize}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        (values,) = expect_arrays(arrays, ("values",))
        if set(settings) != {"bits"} or settings["bits"] not in PRECISIONS:
            raise LayoutError(f"bits must be one of {sorted(PRECISIONS)}, found {dict(settings)}")
        dtype = PRECISIONS[int(settings["bits"])]
        check_array(values, name="values", dtype=dtype, shape=shape)
        check_finite(values, name="values")
        return cls(values)

    @cached_property
    def _float32(self) -> Float32:
        # A mapped float32 array is used in place; float16 is expanded at the first product.
        return self.values.astype(np.float32, copy=False)

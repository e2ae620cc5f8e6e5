"""Plain floating point, 32 or 16 bits a weight."""

from collections.abc import Mapping
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
from edgemood.encodings.base import Codes, FloatProduct, cached_bytes
from edgemood.encodings.bounds import Bounds, product_bounds
from edgemood.encodings.memory import Memory, in_blocks
from edgemood.errors import LayoutError
from edgemood.quantization.input_quantization import InputQuantization

PRECISIONS = {32: "<f4", 16: "<f2"}
"""Bits a weight -> stored dtype. Products always use float32."""


@dataclass(frozen=True)
class Dense:
    """A matrix stored number by number. Build it with `encode`."""

    encoding: ClassVar[str] = "dense"
    values: NDArray[Any]
    """float32 or float16. *Shape:* `(out, in)`."""

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
        """`(out, in)`."""
        rows, columns = self.values.shape
        return rows, columns

    @property
    def resident_bytes(self) -> int:
        """Bytes of the values, and of the float32 copy of float16 values once it exists."""
        is_copied = self.values.dtype != np.float32
        return self.values.nbytes + (cached_bytes(self, "_float32") if is_copied else 0)

    @property
    def memory(self) -> Memory:
        """Most bytes that uses of this weight take: a float32 copy of float16 values."""
        return Memory.of(self.shape, copy=0 if self.values.dtype == np.float32 else 4)

    def matmul(self, x: Float32) -> Float32:
        """Compute `x @ W.T`. *Shape:* `(n, in)` -> `(n, out)`."""
        return x @ self._float32.T

    def bounds(self, inputs: Bounds) -> Bounds:
        """Return the largest magnitudes of products. *Shape:* `(in,)` -> `(out,)`."""
        return product_bounds(self, inputs)

    def as_float_product(self) -> FloatProduct:
        """Return the operands of `matmul`."""
        return FloatProduct(InputQuantization(), self.values.astype(np.float32, copy=False).T)

    def rows(self, ids: Int32) -> Float32:
        """Return some rows as float32. *Shape:* `(n,)` -> `(n, in)`."""
        return in_blocks(self._decode, ids, self.values.shape[1])

    def arrays(self) -> Arrays:
        """Return `values`."""
        return {"values": self.values}

    def codes(self) -> Mapping[str, Codes]:
        """Return nothing: the values are floating-point numbers."""
        return {}

    def settings(self) -> Settings:
        """Return `bits`."""
        return {"bits": 8 * self.values.itemsize}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap a stored matrix."""
        (values,) = expect_arrays(arrays, ("values",))
        check_array(values, name="values", dtype=stored_dtype(settings), shape=shape)
        check_finite(values, name="values")
        return cls(values)

    def _decode(self, ids: Int32) -> Float32:
        return self.values[ids].astype(np.float32, copy=False)

    @cached_property
    def _float32(self) -> Float32:
        # A stored float32 array is used in place; float16 is expanded at the first product.
        return self.values.astype(np.float32, copy=False)


def stored_dtype(settings: Settings) -> str:
    """Return the dtype of values whose only setting is `bits`.

    Raises:
        LayoutError: the settings are something else.
    """
    if set(settings) != {"bits"} or settings["bits"] not in PRECISIONS:
        raise LayoutError(f"bits must be one of {sorted(PRECISIONS)}, found {dict(settings)}")
    return PRECISIONS[int(settings["bits"])]

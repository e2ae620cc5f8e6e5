"""Integer codes of 1 to 8 bits on affine grids, with exact integer products.

Weights: `w = (code - zero_point) * scale`, with one scale for the whole matrix or one for each row
(an output channel of a layer, a word of a token table). `input_quantization` states how inputs are
quantized. One bit has no code for 0: its codes are -1 and 1.

A product of quantised weights and inputs is `s_w * s_x * (q_w . q_x - z_x * sum(q_w))`; the row
sums are computed once. The integers travel through BLAS as floating point because numpy has no
integer matrix product that is fast; every partial sum stays below 2**24 (float32) or 2**53
(float64), so the result is the exact integer. A layer's bias is added by the model in float32,
after rescaling, which loses nothing against an int32 bias and costs the same four bytes.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from edgemood.arrays import (
    Arrays,
    Float32,
    Int32,
    Settings,
    check_array,
    check_scales,
    expect_arrays,
)
from edgemood.encodings.base import FloatProduct
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.affine import Grid, full_range, narrow_range
from edgemood.quantization.input_quantization import (
    INPUT_CODES,
    InputQuantization,
    InputQuantizationSettings,
)

MAX_BITS = 8
_LARGEST_INPUT = INPUT_CODES.highest - INPUT_CODES.lowest
_EXACT_IN_FLOAT32 = 2**24


@dataclass(frozen=True)
class Integer:
    """A matrix of packed codes. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "integer"
    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`; a stored code is the signed code plus `2**(bits-1)`, and at
    one bit whether it is 1."""
    scale: Float32
    """*Shape:* `(out,)`, or `(1,)` for one scale in all."""
    zero_point: Int32 | None
    """Same shape as `scale`; absent on symmetric grids, where it is 0."""
    columns: int
    bits: int
    input_quantization: InputQuantization = field(default_factory=InputQuantization)

    @classmethod
    def encode(
        cls,
        codes: Float32,
        grid: Grid,
        *,
        bits: int,
        input_quantization: InputQuantization | None = None,
    ) -> Self:
        """Pack signed codes.

        Args:
            codes: integers within `full_range(bits)`, at one bit -1 and 1. *Shape:* `(out, in)`.
            grid: what the codes mean; its arrays have the shape `(out, 1)` or `(1, 1)`.
            bits: width of a code, 1 to 8.
            input_quantization: what happens to inputs in `matmul`; default: nothing.

        Raises:
            ValueError: a code is out of range.
        """
        lowest, highest = full_range(bits) if bits > 1 else narrow_range(bits)
        if codes.size and not lowest <= codes.min() <= codes.max() <= highest:
            raise ValueError(f"codes of {bits} bits lie in {lowest} to {highest}")
        if bits == 1 and not codes.all():
            raise ValueError("one bit has no code for 0")
        unsigned = codes > 0 if bits == 1 else codes - lowest
        zero_point = grid.zero_point.reshape(-1).astype("<i4")
        return cls(
            packed=bit_packing.pack(unsigned.astype(np.uint16), bits),
            scale=np.ascontiguousarray(grid.scale.reshape(-1), dtype="<f4"),
            zero_point=zero_point if zero_point.any() else None,
            columns=codes.shape[1],
            bits=bits,
            input_quantization=input_quantization or InputQuantization(),
        )

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.packed), self.columns

    @property
    def resident_bytes(self) -> int:
        expanded = [
            array for name, array in self.__dict__.items() if name in ("_expanded", "_row_sums")
        ]
        return sum(array.nbytes for array in (*self.arrays().values(), *expanded))

    def codes(self) -> Float32:
        """The signed codes, unpacked. *Shape:* `(out, in)`."""
        return self._unpack(self.packed)

    def rows(self, ids: Int32) -> Float32:
        centred = self._unpack(self.packed[ids])
        if self.zero_point is not None:
            centred -= self._of_rows(self.zero_point, ids)
        rows: Float32 = centred * self._of_rows(self.scale, ids)
        return rows

    def matmul(self, x: Float32) -> Float32:
        if not self.input_quantization.quantized:
            product: Float32 = (x @ self._expanded.T) * self.scale
            return product
        codes, grid = self.input_quantization.quantize(x)
        products = self.integer_products(codes, grid)
        return products.astype(np.float32, copy=False) * (grid.scale * self.scale)

    def as_float_product(self) -> FloatProduct | None:
        if self.input_quantization.quantized and not self.input_quantization.has_power_of_two_scale:
            return None  # products of reals on other grids are no whole numbers, so they round
        return FloatProduct(self.input_quantization, self._centred().T, self.scale)

    def integer_products(self, codes: Float32, grid: Grid) -> NDArray[Any]:
        """`sum_i (q_x - z_x) * (q_w - z_w)`, exact.

        Args:
            codes: quantised inputs. *Shape:* `(n, in)`.
            grid: their grid; only the zero point is used.

        Returns:
            Integers carried in float32 or float64. *Shape:* `(n, out)`.
        """
        products = codes.astype(self._expanded.dtype, copy=False) @ self._expanded.T
        return np.asarray(products - grid.zero_point * self._row_sums)

    def arrays(self) -> Arrays:
        stored: dict[str, NDArray[Any]] = {"packed": self.packed, "scale": self.scale}
        if self.zero_point is not None:
            stored["zero_point"] = self.zero_point
        return stored

    def settings(self) -> Settings:
        return {"bits": self.bits, **self.input_quantization.settings()}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        read = _Stored.read(settings)
        names = ("packed", "scale") + (("zero_point",) if "zero_point" in arrays else ())
        packed, scale, *zero_points = expect_arrays(arrays, names)
        width = bit_packing.row_bytes(shape[1], read.bits)
        check_array(packed, name="packed", dtype="|u1", shape=(shape[0], width))
        per_row = (1,) if scale.shape == (1,) else (shape[0],)
        check_array(scale, name="scale", dtype="<f4", shape=per_row)
        check_scales(scale, name="scale")
        for zero_point in zero_points:
            check_array(zero_point, name="zero_point", dtype="<i4", shape=per_row)
        return cls(
            packed=packed,
            scale=scale,
            zero_point=zero_points[0] if zero_points else None,
            columns=shape[1],
            bits=read.bits,
            input_quantization=read.to_input_quantization(),
        )

    @cached_property
    def _expanded(self) -> NDArray[Any]:
        """`q_w - z_w`; for integer products in the narrowest type that keeps every sum exact."""
        centred = self._centred()
        if not self.input_quantization.quantized:
            return centred
        largest = float(np.abs(centred).max(initial=0)) * _LARGEST_INPUT * self.columns
        return centred if largest < _EXACT_IN_FLOAT32 else centred.astype(np.float64)

    def _centred(self) -> Float32:
        centred = self.codes()
        if self.zero_point is not None:
            centred -= self.zero_point.reshape(-1, 1)
        return centred

    @cached_property
    def _row_sums(self) -> NDArray[Any]:
        return np.asarray(self._expanded.sum(axis=1))

    def _unpack(self, packed: NDArray[np.uint8]) -> Float32:
        unsigned = bit_packing.unpack(packed, self.bits, self.columns).astype(np.float32)
        if self.bits == 1:
            return np.float32(2) * unsigned - np.float32(1)
        return unsigned - np.float32(2 ** (self.bits - 1))

    @staticmethod
    def _of_rows(values: NDArray[Any], ids: Int32) -> NDArray[Any]:
        return values if len(values) == 1 else values[ids].reshape(-1, 1)


class _Stored(InputQuantizationSettings):
    bits: Annotated[int, Field(ge=1, le=MAX_BITS)]

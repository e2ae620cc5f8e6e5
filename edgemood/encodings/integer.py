"""Integer codes of 1 to 8 bits on affine grids, with exact integer products.

Weights: `w = (code - zero_point) * scale`, with one scale for the whole matrix or one for each row
(an output channel of a layer, a word of a token table). `input_quantization` states how inputs are
quantized. One bit has no code for 0: its codes are -1 and 1.

A product of quantized weights and inputs is `s_w * s_x * (q_w . q_x - z_x * sum(q_w))`, where q_w
stands for the codes less their zero point. The row sums are computed once. numpy has no fast
integer matrix product, so BLAS multiplies the integers as floating-point numbers. Every partial sum
stays below 2**24 (float32) or 2**53 (float64), so the result is the exact integer. The model adds a
layer's bias in float32 after rescaling; this is as precise as an int32 bias and takes the same four
bytes.
"""

from collections.abc import Mapping
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
from edgemood.encodings.base import Codes, FloatProduct, cached_bytes
from edgemood.encodings.bounds import Bounds, product_bounds
from edgemood.encodings.memory import Memory, in_blocks
from edgemood.errors import LayoutError
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
    """*Shape:* `(out, bytes of a row)`. A stored code is the signed code plus `2**(bits-1)`; at one
    bit it is 0 for -1 and 1 for 1."""
    scale: Float32
    """*Shape:* `(out,)`, or `(1,)` for one of the whole matrix."""
    zero_point: Int32 | None
    """Same shape as `scale`; None on symmetric grids, whose zero point is 0."""
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
            codes: integers within `full_range(bits)`; -1 and 1 at one bit. *Shape:* `(out, in)`.
            grid: the grid of the codes; its arrays have the shape `(out, 1)` or `(1, 1)`.
            bits: width of a code, 1 to 8.
            input_quantization: of the inputs of `matmul`; none by default.

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
        """`(out, in)`."""
        return len(self.packed), self.columns

    @property
    def resident_bytes(self) -> int:
        """Bytes of the stored arrays, and of the operands of products once they exist."""
        stored = sum(array.nbytes for array in self.arrays().values())
        return stored + cached_bytes(self, "_expanded", "_row_sums")

    def signed_codes(self) -> Float32:
        """Return the signed codes, unpacked. *Shape:* `(out, in)`."""
        every = np.arange(len(self.packed), dtype=np.int32)
        return in_blocks(lambda ids: self._unpack(self.packed[ids]), every, self.columns)

    @property
    def memory(self) -> Memory:
        """Most bytes that uses of this weight take.

        Products hold a float32 copy, and of quantized inputs possibly a float64 copy made from it.
        """
        if not self.input_quantization.quantized:
            return Memory.of(self.shape, copy=8, outputs=8)
        inputs = self.input_quantization.item_bytes + 8
        return Memory.of(self.shape, copy=16, inputs=inputs, outputs=24)

    def rows(self, ids: Int32) -> Float32:
        """Decode some rows only. *Shape:* `(n,)` -> `(n, in)`."""
        return in_blocks(self._decode, ids, self.columns)

    def _decode(self, ids: Int32) -> Float32:
        centred = self._unpack(self.packed[ids])
        if self.zero_point is not None:
            centred -= self._for_rows(self.zero_point, ids)
        rows: Float32 = centred * self._for_rows(self.scale, ids)
        return rows

    def matmul(self, x: Float32) -> Float32:
        """Compute `x @ W.T`. *Shape:* `(n, in)` -> `(n, out)`.

        Products of quantized inputs are exact integers until they are rescaled.
        """
        if not self.input_quantization.quantized:
            product: Float32 = (x @ self._expanded.T) * self.scale
            return product
        codes, grid = self.input_quantization.quantize(x)
        products = self.integer_products(codes, grid)
        return products.astype(np.float32, copy=False) * (grid.scale * self.scale)

    def bounds(self, inputs: Bounds) -> Bounds:
        """Return the largest magnitudes of products. *Shape:* `(in,)` -> `(out,)`."""
        return product_bounds(self, self.input_quantization.bounds(inputs))

    def as_float_product(self) -> FloatProduct | None:
        """Return the operands, or None for quantized inputs whose scale is not a power of two.

        On such a grid float32 products of reals round, in contrast to the integer products of
        `matmul`.
        """
        if self.input_quantization.quantized and not self.input_quantization.has_power_of_two_scale:
            return None
        return FloatProduct(self.input_quantization, self._centred().T, self.scale)

    def integer_products(self, codes: Float32, grid: Grid) -> NDArray[Any]:
        """Compute `sum_i (q_x - z_x) * (q_w - z_w)` exactly.

        Args:
            codes: codes of the inputs. *Shape:* `(n, in)`.
            grid: their grid; only its zero point is used.

        Returns:
            Integers held in float32 or float64. *Shape:* `(n, out)`.
        """
        products = codes.astype(self._expanded.dtype, copy=False) @ self._expanded.T
        return np.asarray(products - grid.zero_point * self._row_sums)

    def arrays(self) -> Arrays:
        """Return `packed`, `scale`, and `zero_point` if the grid is asymmetric."""
        stored: dict[str, NDArray[Any]] = {"packed": self.packed, "scale": self.scale}
        if self.zero_point is not None:
            stored["zero_point"] = self.zero_point
        return stored

    def codes(self) -> Mapping[str, Codes]:
        """Return the codes as they are stored, unsigned. *Shape:* `(out, in)`."""
        codes = bit_packing.unpack(self.packed, self.bits, self.columns)
        return {"packed": Codes(codes, self.bits)}

    def settings(self) -> Settings:
        """Return `bits` and the settings of the input quantization."""
        return {"bits": self.bits, **self.input_quantization.settings()}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap stored codes, scales and zero points."""
        read = _IntegerSettings.read(settings)
        names = ("packed", "scale") + (("zero_point",) if "zero_point" in arrays else ())
        packed, scale, *zero_points = expect_arrays(arrays, names)
        width = bit_packing.row_bytes(shape[1], read.bits)
        check_array(packed, name="packed", dtype="|u1", shape=(shape[0], width))
        per_row = (1,) if scale.shape == (1,) else (shape[0],)
        check_array(scale, name="scale", dtype="<f4", shape=per_row)
        check_scales(scale, name="scale")
        for zero_point in zero_points:
            check_array(zero_point, name="zero_point", dtype="<i4", shape=per_row)
            lowest, highest = full_range(max(read.bits, 2))
            if not ((lowest <= zero_point) & (zero_point <= highest)).all():
                raise LayoutError(f"zero_point is not within {lowest} to {highest}")
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
        """`q_w - z_w`, in float64 if an integer product could exceed the exact range of float32."""
        centred = self._centred()
        if not self.input_quantization.quantized:
            return centred
        largest = float(np.abs(centred).max(initial=0)) * _LARGEST_INPUT * self.columns
        return centred if largest < _EXACT_IN_FLOAT32 else centred.astype(np.float64)

    def _centred(self) -> Float32:
        centred = self.signed_codes()
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
    def _for_rows(values: NDArray[Any], ids: Int32) -> NDArray[Any]:
        return values if len(values) == 1 else values[ids].reshape(-1, 1)


class _IntegerSettings(InputQuantizationSettings):
    bits: Annotated[int, Field(ge=1, le=MAX_BITS)]

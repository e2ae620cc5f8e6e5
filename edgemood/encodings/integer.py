"""Integer codes of 2 to 8 bits on affine grids, with exact integer products.

Weights: `w = (code - zero_point) * scale`, with one scale for the whole matrix or one for each row
(a layer's output channel, a token table's word). Activations (Murillo & Su, section 7):

* `none`: the input stays float32; only storage is integer.
* `dynamic`: each input row is quantised to 8 bits on the grid of its own range.
* `static`: inputs are quantised to 8 bits on one grid that calibration fixed beforehand.

A product of quantised weights and inputs is `s_w * s_x * (q_w . q_x - z_x * sum(q_w))`; the row
sums are computed once. The integers travel through BLAS as floating point because numpy has no
integer matrix product that is fast; every partial sum stays below 2**24 (float32) or 2**53
(float64), so the result is the exact integer. A layer's bias is added by the model in float32,
after rescaling, which loses nothing against an int32 bias and costs the same four bytes.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgemood import bits as bit_packing
from edgemood.affine import CodeRange, Grid, asymmetric_grid, full_range, quantize
from edgemood.encodings.base import Arrays, Float32, Int32, Settings, check_array, take
from edgemood.errors import LayoutError

Activations = Literal["none", "dynamic", "static"]
ACTIVATION_BITS = 8
_ACTIVATION_CODES: CodeRange = full_range(ACTIVATION_BITS)
_LARGEST_INPUT = _ACTIVATION_CODES.highest - _ACTIVATION_CODES.lowest
_EXACT_IN_FLOAT32 = 2**24


@dataclass(frozen=True)
class Integer:
    """A matrix of packed codes. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "integer"
    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`; a stored code is the signed code plus `2**(bits-1)`."""
    scale: Float32
    """*Shape:* `(out,)`, or `(1,)` for one scale in all."""
    zero_point: Int32 | None
    """Same shape as `scale`; absent on symmetric grids, where it is 0."""
    columns: int
    bits: int
    activations: Activations = "none"
    input_grid: Grid | None = None
    """The inputs' grid where activations are static."""

    @classmethod
    def encode(
        cls,
        codes: Float32,
        grid: Grid,
        *,
        bits: int,
        activations: Activations = "none",
        input_grid: Grid | None = None,
    ) -> Self:
        """Pack signed codes.

        Args:
            codes: integers within `full_range(bits)`. *Shape:* `(out, in)`.
            grid: what the codes mean; its arrays have the shape `(out, 1)` or `(1, 1)`.
            bits: width of a code, 2 to 8.
            activations: what happens to inputs in `matmul`.
            input_grid: the inputs' grid, given if and only if activations are static.

        Raises:
            ValueError: a code is out of range, or `input_grid` and `activations` disagree.
        """
        if (input_grid is not None) != (activations == "static"):
            raise ValueError("static activations, and only they, need an input grid")
        lowest, highest = full_range(bits)
        if codes.size and not lowest <= codes.min() <= codes.max() <= highest:
            raise ValueError(f"codes of {bits} bits lie in {lowest} to {highest}")
        zero_point = grid.zero_point.reshape(-1).astype("<i4")
        return cls(
            packed=bit_packing.pack((codes - lowest).astype(np.uint16), bits),
            scale=np.ascontiguousarray(grid.scale.reshape(-1), dtype="<f4"),
            zero_point=zero_point if zero_point.any() else None,
            columns=codes.shape[1],
            bits=bits,
            activations=activations,
            input_grid=input_grid,
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
        if self.activations == "none":
            product: Float32 = (x @ self._expanded.T) * self.scale
            return product
        grid = self._grid_of(x)
        products = self.integer_products(quantize(x, grid, _ACTIVATION_CODES), grid)
        return np.asarray(products * (grid.scale * self.scale), dtype=np.float32)

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
        stored: dict[str, int | float | str] = {
            "bits": self.bits,
            "activations": self.activations,
        }
        if self.input_grid is not None:
            stored["input_scale"] = float(self.input_grid.scale)
            stored["input_zero_point"] = int(self.input_grid.zero_point)
        return stored

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        read = _read_settings(settings)
        names = ("packed", "scale") + (("zero_point",) if "zero_point" in arrays else ())
        packed, scale, *zero_points = take(arrays, names)
        width = bit_packing.row_bytes(shape[1], read.bits)
        check_array(packed, name="packed", dtype="|u1", shape=(shape[0], width))
        per_row = (1,) if scale.shape == (1,) else (shape[0],)
        check_array(scale, name="scale", dtype="<f4", shape=per_row)
        for zero_point in zero_points:
            check_array(zero_point, name="zero_point", dtype="<i4", shape=per_row)
        return cls(
            packed=packed,
            scale=scale,
            zero_point=zero_points[0] if zero_points else None,
            columns=shape[1],
            bits=read.bits,
            activations=read.activations,
            input_grid=read.input_grid,
        )

    @cached_property
    def _expanded(self) -> NDArray[Any]:
        """`q_w - z_w`; for integer products in the narrowest type that keeps every sum exact."""
        centred = self.codes()
        if self.zero_point is not None:
            centred -= self.zero_point.reshape(-1, 1)
        if self.activations == "none":
            return centred
        largest = float(np.abs(centred).max(initial=0)) * _LARGEST_INPUT * self.columns
        return centred if largest < _EXACT_IN_FLOAT32 else centred.astype(np.float64)

    @cached_property
    def _row_sums(self) -> NDArray[Any]:
        return np.asarray(self._expanded.sum(axis=1))

    def _grid_of(self, x: Float32) -> Grid:
        if self.input_grid is not None:
            return self.input_grid
        low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
        return asymmetric_grid(low, high, bits=ACTIVATION_BITS)

    def _unpack(self, packed: NDArray[np.uint8]) -> Float32:
        unsigned = bit_packing.unpack(packed, self.bits, self.columns)
        return unsigned.astype(np.float32) - np.float32(2 ** (self.bits - 1))

    @staticmethod
    def _of_rows(values: NDArray[Any], ids: Int32) -> NDArray[Any]:
        return values if len(values) == 1 else values[ids].reshape(-1, 1)


class _StoredSettings(BaseModel):
    """The settings as a file holds them."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    bits: Annotated[int, Field(ge=2, le=8)]
    activations: Activations
    input_scale: Annotated[float, Field(gt=0)] | None = None
    input_zero_point: int | None = None

    @property
    def input_grid(self) -> Grid | None:
        if self.input_scale is None or self.input_zero_point is None:
            return None
        return Grid(np.array(self.input_scale, "<f4"), np.array(self.input_zero_point, "<f4"))


def _read_settings(settings: Settings) -> _StoredSettings:
    try:
        stored = _StoredSettings.model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise LayoutError(f"setting {where}: {first['msg']}") from error
    if (stored.input_grid is not None) != (stored.activations == "static"):
        raise LayoutError("static activations, and only they, have an input grid")
    return stored

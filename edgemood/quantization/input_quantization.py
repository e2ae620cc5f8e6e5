"""Quantization of a layer's inputs before they are multiplied with its weights.

Three modes (Murillo & Su, section 7):

* ``none``: inputs stay float32;
* ``dynamic``: each row of inputs is quantized to 8 bits on the grid that spans its own range;
* ``static``: all inputs are quantized to 8 bits on one grid, which calibration determined before.

Every quantized encoding uses this module, so each of them offers all three modes.

Files keep these settings under the keys `activations` (the mode), `input_scale` and
`input_zero_point`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgemood.arrays import Float32, Settings, check_scales
from edgemood.errors import LayoutError
from edgemood.quantization.affine import (
    Grid,
    Reach,
    asymmetric_grid,
    fake_quantize,
    full_range,
    quantize,
)

InputMode = Literal["none", "dynamic", "static"]
INPUT_BITS = 8
INPUT_CODES = full_range(INPUT_BITS)


@dataclass(frozen=True)
class InputQuantization:
    """How a layer quantizes its inputs. `grid` is set exactly when the mode is static.

    Raises:
        LayoutError: a static mode without a grid, or a grid with another mode.
    """

    mode: InputMode = "none"
    grid: Grid | None = None

    def __post_init__(self) -> None:
        if (self.grid is not None) != (self.mode == "static"):
            raise LayoutError("static activations, and only they, have an input grid")

    @classmethod
    def static(cls, low: float, high: float) -> Self:
        """Static quantization on the grid that spans the calibrated range `[low, high]`."""
        return cls("static", asymmetric_grid(*_scalars(low, high), bits=INPUT_BITS))

    @property
    def quantized(self) -> bool:
        """Whether inputs are quantized at all."""
        return self.mode != "none"

    def bounds(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest magnitudes of inputs after rounding. *Shape:* `(in,)` both."""
        if self.grid is not None:
            return inputs + float(self.grid.scale)
        if self.mode == "dynamic":  # the grid follows from the largest input of a row
            return np.full_like(inputs, 1.01 * inputs.max(initial=0))
        return inputs

    @property
    def item_bytes(self) -> int:
        """Most bytes that quantization takes for each number."""
        return 3 * 4 if self.quantized else 0

    @property
    def has_power_of_two_scale(self) -> bool:
        """Whether the grid is fixed and its scale is a power of two.

        Reals on such a grid are the codes with another exponent, so float32 products of the reals
        are as exact as products of the codes.
        """
        return self.grid is not None and bool(np.frexp(self.grid.scale)[0] == 0.5)

    def quantize(self, x: Float32) -> tuple[Float32, Grid]:
        """Quantize inputs; the mode must not be ``none``.

        Args:
            x: *Shape:* `(n, in)`.

        Returns:
            The codes, *Shape:* `(n, in)`; and their grid, whose arrays broadcast against them.
        """
        grid = self.grid or _row_grids(x)
        return quantize(x, grid, INPUT_CODES), grid

    def fake_quantize(self, x: Float32) -> Float32:
        """Quantize inputs and dequantize the codes. *Shape:* `(n, in)` -> `(n, in)`.

        In the mode ``none`` this returns `x` itself.
        """
        if not self.quantized:
            return x
        if self.grid is not None:
            return fake_quantize(x, self.grid.scale, self._reach)
        grid = _row_grids(x)
        return fake_quantize(x, grid.scale, Reach.of(grid, INPUT_CODES))

    @cached_property
    def _reach(self) -> Reach:
        assert self.grid is not None  # noqa: S101  # only the static mode uses this
        return Reach.of(self.grid, INPUT_CODES)

    def same_as(self, other: "InputQuantization") -> bool:
        """Whether both give the same codes for the same inputs."""
        return self.settings() == other.settings()

    def settings(self) -> Settings:
        """The settings as a file holds them; `InputQuantizationSettings` reads them back."""
        if self.grid is None:
            return {"activations": self.mode}
        return {
            "activations": self.mode,
            "input_scale": float(self.grid.scale),
            "input_zero_point": int(self.grid.zero_point),
        }


class InputQuantizationSettings(BaseModel):
    """The settings of an `InputQuantization` in a file. Encodings subclass it to add their own."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    activations: InputMode
    input_scale: Annotated[float, Field(gt=0)] | None = None
    input_zero_point: (
        Annotated[int, Field(ge=INPUT_CODES.lowest, le=INPUT_CODES.highest)] | None
    ) = None

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Validate stored settings.

        Raises:
            LayoutError: a setting is missing, unknown or out of range.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise LayoutError(f"setting {where}: {first['msg']}") from error

    def to_input_quantization(self) -> InputQuantization:
        """Build the input quantization that these settings describe.

        Raises:
            LayoutError: the grid does not match the mode, or the scale is 0 in float32.
        """
        if self.input_scale is None or self.input_zero_point is None:
            return InputQuantization(self.activations)
        scale, zero_point = _scalars(self.input_scale, self.input_zero_point)
        check_scales(scale, name="input_scale")  # a small float64 may round to 0 in float32
        return InputQuantization(self.activations, Grid(scale, zero_point))


def _scalars(first: float, second: float) -> tuple[Float32, Float32]:
    return np.array(first, np.float32), np.array(second, np.float32)


def _row_grids(x: Float32) -> Grid:
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    return asymmetric_grid(low, high, bits=INPUT_BITS)

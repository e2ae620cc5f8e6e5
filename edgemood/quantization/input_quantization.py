"""What happens to a layer's inputs before they meet its weights.

Quantised weights go with float32 inputs (`none`), with inputs quantised to 8 bits on the grid of
each row's own range (`dynamic`), or on one grid that calibration fixed beforehand (`static`);
Murillo & Su, section 7. Encodings share this, so that each offers all three.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
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

Mode = Literal["none", "dynamic", "static"]
ACTIVATION_BITS = 8
CODES = full_range(ACTIVATION_BITS)


@dataclass(frozen=True)
class Activations:
    """How inputs are quantised; `grid` is there if and only if the mode is static."""

    mode: Mode = "none"
    grid: Grid | None = None

    def __post_init__(self) -> None:
        if (self.grid is not None) != (self.mode == "static"):
            raise LayoutError("static activations, and only they, have an input grid")

    @classmethod
    def static(cls, low: float, high: float) -> Self:
        """On the grid that spans a calibrated range."""
        return cls("static", asymmetric_grid(*_scalars(low, high), bits=ACTIVATION_BITS))

    @property
    def quantized(self) -> bool:
        """Whether inputs become codes."""
        return self.mode != "none"

    def quantize(self, x: Float32) -> tuple[Float32, Grid]:
        """Codes of the inputs and what they mean. *Shape:* `(n, in)` -> `(n, in)`."""
        grid = self.grid or _row_grids(x)
        return quantize(x, grid, CODES), grid

    def fake_quantize(self, x: Float32) -> Float32:
        """The reals that the codes stand for; the inputs themselves where the mode is none."""
        if not self.quantized:
            return x
        if self.grid is not None:
            return fake_quantize(x, self.grid.scale, self._reach)
        grid = _row_grids(x)
        return fake_quantize(x, grid.scale, Reach.of(grid, CODES))

    @cached_property
    def _reach(self) -> Reach:
        assert self.grid is not None  # noqa: S101  # asked for static ones only
        return Reach.of(self.grid, CODES)

    @property
    def exact(self) -> bool:
        """Whether reals on the grid are codes but for their exponent: its scale is a power of 2."""
        return self.grid is not None and bool(np.frexp(self.grid.scale)[0] == 0.5)

    def same_as(self, other: "Activations") -> bool:
        """Whether inputs become the same."""
        return self.settings() == other.settings()

    def settings(self) -> Settings:
        """As a file holds them."""
        if self.grid is None:
            return {"activations": self.mode}
        return {
            "activations": self.mode,
            "input_scale": float(self.grid.scale),
            "input_zero_point": int(self.grid.zero_point),
        }


class StoredActivations(BaseModel):
    """The settings of `Activations` in a file; encodings add their own fields."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    activations: Mode
    input_scale: Annotated[float, Field(gt=0)] | None = None
    input_zero_point: Annotated[int, Field(ge=CODES.lowest, le=CODES.highest)] | None = None

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Check stored settings.

        Raises:
            LayoutError: one is missing, surplus or out of range.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise LayoutError(f"setting {where}: {first['msg']}") from error

    def to_activations(self) -> Activations:
        """The activations that these settings describe.

        Raises:
            LayoutError: mode and grid disagree.
        """
        if self.input_scale is None or self.input_zero_point is None:
            return Activations(self.activations)
        scale, zero_point = _scalars(self.input_scale, self.input_zero_point)
        check_scales(scale, name="input_scale")  # in float32, where a tiny one is 0
        return Activations(self.activations, Grid(scale, zero_point))


def _scalars(first: float, second: float) -> tuple[Float32, Float32]:
    return np.array(first, np.float32), np.array(second, np.float32)


def _row_grids(x: Float32) -> Grid:
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    return asymmetric_grid(low, high, bits=ACTIVATION_BITS)

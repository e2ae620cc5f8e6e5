"""Additive powers of two (APoT): a magnitude is a sum of few powers of two, a product a few shifts.

Li, Dong & Wang (arXiv 1909.13144), as in Murillo & Su, section 9. A code of b bits has one sign bit
and n = (b - 1) / k fields of k bits, where k is the base width. Field i selects
`p_i` from `{0, 2**-i, 2**-(i+n), ..., 2**-(i+(2**k-2)*n)}`. The magnitude is `gamma * sum(p_i)`,
where gamma makes the largest magnitude 1. The weight is `sign * magnitude * alpha`.

A stored code consists of the fields, the first one in the lowest bits, and the sign in the highest
bit. With b = 5 and k = 2 there are 16 magnitudes and 31 values; no weight uses the code of minus
zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, ClassVar, Self

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
from edgemood.encodings.base import Codes, ExpandedWeight
from edgemood.errors import LayoutError
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.input_quantization import InputQuantization, InputQuantizationSettings

MAX_BITS = 8


@cache
def magnitudes(bits: int, base_bits: int) -> Float32:
    """Return the magnitude of each code without its sign, from 0 to 1. *Shape:* `(2**(bits-1),)`.

    Magnitudes do not ascend with their codes.

    Raises:
        ValueError: `base_bits` does not divide `bits - 1`, or a width is out of range.
    """
    if not 2 <= bits <= MAX_BITS or base_bits < 1 or (bits - 1) % base_bits:
        raise ValueError(
            f"APoT takes 2 to {MAX_BITS} bits and a base width that divides bits - 1,"
            f" not {bits} and {base_bits}"
        )
    terms = (bits - 1) // base_bits
    codes = np.arange(2 ** (bits - 1))
    total = np.zeros(len(codes))
    for i in range(terms):
        picked = (codes >> (i * base_bits)) & (2**base_bits - 1)
        total += np.where(picked > 0, 2.0 ** -(i + (picked - 1.0) * terms), 0.0)
    levels: Float32 = (total / total.max()).astype(np.float32)
    levels.setflags(write=False)
    return levels


@cache
def signed_levels(bits: int, base_bits: int) -> Float32:
    """Return the value of each stored code divided by alpha, -1 to 1. *Shape:* `(2**bits,)`."""
    positive = magnitudes(bits, base_bits)
    levels: Float32 = np.concatenate([positive, -positive])
    levels.setflags(write=False)
    return levels


def nearest_codes(
    normalized: Float32,
    *,
    bits: int,
    base_bits: int,
    boundaries: NDArray[np.float64] | None = None,
) -> NDArray[np.uint16]:
    """Return the stored code of the level nearest to each value; on a tie, of the smaller level.

    Args:
        normalized: weights divided by alpha, any shape; values beyond -1 and 1 get the outermost
            level.
        bits: width of a code.
        base_bits: width of a field.
        boundaries: magnitudes between adjacent levels, ascending; the midpoints by default.
            *Shape:* `(2**(bits-1) - 1,)`.
    """
    levels = magnitudes(bits, base_bits)
    order = np.argsort(levels, kind="stable")
    if boundaries is None:
        ascending = levels[order].astype(np.float64)
        boundaries = (ascending[1:] + ascending[:-1]) / 2
    ranks = np.searchsorted(boundaries, np.abs(normalized).astype(np.float64), side="left")
    codes = order[ranks]
    negative = (normalized < 0) & (levels[codes] > 0)
    return np.asarray(codes + negative * 2 ** (bits - 1), dtype=np.uint16)


@dataclass(frozen=True)
class Apot(ExpandedWeight):
    """A matrix of APoT codes. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "apot"
    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`."""
    alpha: Float32
    """Largest magnitude. *Shape:* `(out,)`, or `(1,)` for one of the whole matrix."""
    columns: int
    bits: int
    base_bits: int
    input_quantization: InputQuantization = field(default_factory=InputQuantization)

    @classmethod
    def encode(
        cls,
        weight: Float32,
        alpha: Float32,
        *,
        bits: int,
        base_bits: int,
        boundaries: NDArray[np.float64] | None = None,
        input_quantization: InputQuantization | None = None,
    ) -> Self:
        """Quantize and pack.

        Args:
            weight: *Shape:* `(out, in)`.
            alpha: greater than 0. *Shape:* `(out, 1)` or `(1, 1)`.
            bits: width of a code, sign included.
            base_bits: width of a field; divides `bits - 1`.
            boundaries: see `nearest_codes`.
            input_quantization: of the inputs of `matmul`; none by default.

        Raises:
            ValueError: the widths do not fit together, or an alpha is not greater than 0.
        """
        if not (alpha > 0).all():
            raise ValueError("every alpha must be above 0")
        codes = nearest_codes(weight / alpha, bits=bits, base_bits=base_bits, boundaries=boundaries)
        return cls(
            packed=bit_packing.pack(codes, bits),
            alpha=np.ascontiguousarray(alpha.reshape(-1), dtype="<f4"),
            columns=weight.shape[1],
            bits=bits,
            base_bits=base_bits,
            input_quantization=input_quantization or InputQuantization(),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """`(out, in)`."""
        return len(self.packed), self.columns

    def _decode(self, ids: Int32) -> Float32:
        codes = bit_packing.unpack(self.packed[ids], self.bits, self.columns)
        alpha = self.alpha if len(self.alpha) == 1 else self.alpha[ids].reshape(-1, 1)
        return signed_levels(self.bits, self.base_bits)[codes] * alpha

    def arrays(self) -> Arrays:
        """Return `packed` and `alpha`."""
        return {"packed": self.packed, "alpha": self.alpha}

    def codes(self) -> Mapping[str, Codes]:
        """Return the APoT codes. *Shape:* `(out, in)`."""
        codes = bit_packing.unpack(self.packed, self.bits, self.columns)
        return {"packed": Codes(codes, self.bits)}

    def settings(self) -> Settings:
        """Return `bits`, `base_bits`, and the settings of the input quantization."""
        inputs = self.input_quantization.settings()
        return {"bits": self.bits, "base_bits": self.base_bits, **inputs}

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        """Wrap stored codes and alphas."""
        read = _ApotSettings.read(settings)
        try:
            magnitudes(read.bits, read.base_bits)
        except ValueError as error:
            raise LayoutError(str(error)) from error
        packed, alpha = expect_arrays(arrays, ("packed", "alpha"))
        width = bit_packing.row_bytes(shape[1], read.bits)
        check_array(packed, name="packed", dtype="|u1", shape=(shape[0], width))
        per_row = (1,) if alpha.shape == (1,) else (shape[0],)
        check_array(alpha, name="alpha", dtype="<f4", shape=per_row)
        check_scales(alpha, name="alpha")
        return cls(packed, alpha, shape[1], read.bits, read.base_bits, read.to_input_quantization())


class _ApotSettings(InputQuantizationSettings):
    bits: Annotated[int, Field(ge=2, le=MAX_BITS)]
    base_bits: Annotated[int, Field(ge=1)]

"""Additive powers of two: each magnitude is a sum of a few powers of two, so products are shifts.

Li, Dong & Wang (arXiv 1909.13144), as in Murillo & Su, section 9. With b bits and base width k, one
bit is the sign and the other b - 1 are n = (b - 1) / k fields of k bits. Field i picks
`p_i` from `{0, 2**-i, 2**-(i+n), ..., 2**-(i+(2**k-2)*n)}`; the magnitude is `gamma * sum(p_i)`,
where gamma makes the largest 1, and the weight is `sign * magnitude * alpha`.

A stored code is the fields, the first one lowest, below the sign bit. With b = 5 and k = 2 there
are 16 magnitudes and 31 values; minus zero is the code that no weight uses.
"""

from dataclasses import dataclass, field
from functools import cache, cached_property
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
from edgemood.encodings.base import FloatProduct
from edgemood.errors import LayoutError
from edgemood.quantization import bits as bit_packing
from edgemood.quantization.input_quantization import InputQuantization, InputQuantizationSettings

MAX_BITS = 8


@cache
def magnitudes(bits: int, base_bits: int) -> Float32:
    """The magnitude of each code without its sign, from 0 to 1. *Shape:* `(2**(bits-1),)`.

    Magnitudes are not in the order of their codes.

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
    """The value of each stored code over alpha, from -1 to 1. *Shape:* `(2**bits,)`."""
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
    """The stored code of the level nearest to each value; of two equally near, the smaller one.

    Args:
        normalized: weights over alpha, any shape; clipped to [-1, 1].
        bits: width of a code.
        base_bits: width of a field.
        boundaries: magnitudes at which one level gives way to the next, ascending; halfway between
            them where left out.
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
class Apot:
    """A matrix of APoT codes. Build it with `encode`; `from_stored` wraps what a file holds."""

    encoding: ClassVar[str] = "apot"
    packed: NDArray[np.uint8]
    """*Shape:* `(out, bytes of a row)`."""
    alpha: Float32
    """Largest magnitude. *Shape:* `(out,)`, or `(1,)` for one in all."""
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
        """Quantise and pack.

        Args:
            weight: *Shape:* `(out, in)`.
            alpha: above 0, of the shape `(out, 1)` or `(1, 1)`.
            bits: width of a code, sign included.
            base_bits: width of a field; divides `bits - 1`.
            boundaries: see `nearest_codes`.
            input_quantization: what happens to inputs in `matmul`; default: nothing.

        Raises:
            ValueError: the widths do not fit together, or an alpha is not above 0.
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
        return len(self.packed), self.columns

    @property
    def resident_bytes(self) -> int:
        expanded = self.__dict__.get("_expanded")
        stored = self.packed.nbytes + self.alpha.nbytes
        return stored + (0 if expanded is None else expanded.nbytes)

    def codes(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """The stored codes, unpacked. *Shape:* `(out, in)`."""
        return bit_packing.unpack(self.packed, self.bits, self.columns)

    def rows(self, ids: Int32) -> Float32:
        codes = bit_packing.unpack(self.packed[ids], self.bits, self.columns)
        alpha = self.alpha if len(self.alpha) == 1 else self.alpha[ids].reshape(-1, 1)
        return signed_levels(self.bits, self.base_bits)[codes] * alpha

    def matmul(self, x: Float32) -> Float32:
        return self.input_quantization.fake_quantize(x) @ self._expanded.T

    def as_float_product(self) -> FloatProduct | None:
        return FloatProduct(self.input_quantization, self._expand().T)

    def arrays(self) -> Arrays:
        return {"packed": self.packed, "alpha": self.alpha}

    def settings(self) -> Settings:
        return {
            "bits": self.bits,
            "base_bits": self.base_bits,
            **self.input_quantization.settings(),
        }

    @classmethod
    def from_stored(cls, shape: tuple[int, int], settings: Settings, arrays: Arrays) -> Self:
        read = _Stored.read(settings)
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

    @cached_property
    def _expanded(self) -> Float32:
        return self._expand()

    def _expand(self) -> Float32:
        return self.rows(np.arange(len(self.packed), dtype=np.int32))


class _Stored(InputQuantizationSettings):
    bits: Annotated[int, Field(ge=2, le=MAX_BITS)]
    base_bits: Annotated[int, Field(ge=1)]

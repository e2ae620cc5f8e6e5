"""Affine integer grids: real number <-> integer code.

Uniform quantisation as in Murillo & Su, section 7, with n bits and signed codes:
`scale = (high - low) / (2**n - 1)`, `zero_point = -round(low / scale) - 2**(n-1)`,
`code = clip(round(real / scale) + zero_point, -2**(n-1), 2**(n-1) - 1)` and
`real = (code - zero_point) * scale`. Rounding is to nearest, ties to even.
"""

from typing import NamedTuple, Self

import numpy as np

from edgemood.arrays import Float32

TINY = np.float32(1e-30)
"""Ranges below this count as empty: their scale would be subnormal and divide to infinity."""


class Grid(NamedTuple):
    """A scale and a zero point, as arrays that broadcast against what they quantise."""

    scale: Float32
    zero_point: Float32
    """Integers, held as float32 because they are added to float32."""


class CodeRange(NamedTuple):
    """The lowest and the highest code in use, both included."""

    lowest: int
    highest: int


def full_range(bits: int) -> CodeRange:
    """Every signed code of `bits` bits; activations use it (8 bits: -128 to 127)."""
    return CodeRange(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def narrow_range(bits: int) -> CodeRange:
    """The codes that have their negative; weights use it (8 bits: -127 to 127; 1 bit: -1 and 1)."""
    highest = max(1, 2 ** (bits - 1) - 1)
    return CodeRange(-highest, highest)


def binarize(real: Float32) -> Float32:
    """The codes of one bit: the sign, with 1 for 0."""
    return np.where(real < 0, np.float32(-1), np.float32(1))


def asymmetric_grid(low: Float32, high: Float32, *, bits: int) -> Grid:
    """The grid that spans `[low, high]`.

    The range is first widened to hold 0, so that 0 has a code of its own and the zero point is
    itself a code. A range without extent gets the scale 1.

    Args:
        low: smallest reals, any shape.
        high: largest reals, the same shape.
        bits: width of a code.
    """
    low = np.minimum(low, np.float32(0))
    high = np.maximum(high, np.float32(0))
    extent = (high - low).astype(np.float32)
    scale = np.where(extent < TINY, np.float32(1), extent / np.float32(2**bits - 1))
    zero_point = np.float32(full_range(bits).lowest) - np.rint(low / scale)
    return Grid(scale.astype(np.float32), zero_point.astype(np.float32))


def symmetric_grid(limit: Float32, *, bits: int) -> Grid:
    """The grid that spans `[-limit, limit]` with the codes of `narrow_range`; its zero point is 0.

    Args:
        limit: largest magnitudes, any shape.
        bits: width of a code.
    """
    limit = np.asarray(limit, np.float32)
    if bits == 1:  # no code for 0: a row of zeros needs a scale that is nearly 0
        return Grid(np.maximum(limit, TINY), np.zeros_like(limit))
    scale = np.where(limit < TINY, np.float32(1), limit / np.float32(narrow_range(bits).highest))
    return Grid(scale.astype(np.float32), np.zeros_like(scale, dtype=np.float32))


def quantize(real: Float32, grid: Grid, codes: CodeRange) -> Float32:
    """Reals to codes. The codes are integers carried in float32, where BLAS can multiply them."""
    rounded: Float32 = np.rint(real / grid.scale) + grid.zero_point
    np.maximum(rounded, np.float32(codes.lowest), out=rounded)
    return np.minimum(rounded, np.float32(codes.highest), out=rounded)


def dequantize(codes: Float32, grid: Grid) -> Float32:
    """Codes to the reals they stand for."""
    return (codes - grid.zero_point) * grid.scale


class Reach(NamedTuple):
    """The lowest and the highest real that a grid has a code for, in steps from 0."""

    lowest: Float32
    highest: Float32

    @classmethod
    def of(cls, grid: Grid, codes: CodeRange) -> Self:
        """The reach of a grid's codes."""
        lowest, highest = codes.lowest - grid.zero_point, codes.highest - grid.zero_point
        return cls(np.asarray(lowest, np.float32), np.asarray(highest, np.float32))


def fake_quantize(real: Float32, scale: Float32, reach: Reach) -> Float32:
    """The reals that the codes of some reals stand for: `quantize` and `dequantize` in fewer calls.

    Their zero points cancel out, and they are whole numbers, so the results are the very same.
    """
    steps: Float32 = np.divide(real, scale)
    np.rint(steps, steps)
    np.maximum(steps, reach.lowest, out=steps)  # numpy's clip takes four times as long as both
    np.minimum(steps, reach.highest, out=steps)
    return np.multiply(steps, scale, steps)

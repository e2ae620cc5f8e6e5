"""Affine quantization: real numbers to integer codes on a uniform grid, and back.

Murillo & Su, section 7, with n bits and signed codes:

    scale = (high - low) / (2**n - 1)
    zero_point = -round(low / scale) - 2**(n-1)
    code = clip(round(real / scale) + zero_point, -2**(n-1), 2**(n-1) - 1)
    real = (code - zero_point) * scale

Rounding is to nearest, ties to even.
"""

from typing import NamedTuple, Self

import numpy as np

from edgemood.arrays import Float32

TINY = np.float32(1e-30)
"""Narrower ranges count as empty: their scale would be subnormal, and dividing by it overflows."""


class Grid(NamedTuple):
    """A scale and a zero point, as arrays that broadcast against the quantized numbers."""

    scale: Float32
    zero_point: Float32
    """Integers, held in float32 because they are added to float32 numbers."""


class CodeRange(NamedTuple):
    """The lowest and the highest code in use, both inclusive."""

    lowest: int
    highest: int


def full_range(bits: int) -> CodeRange:
    """Return the range of all signed codes, which inputs use: -128 to 127 with 8 bits."""
    return CodeRange(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def narrow_range(bits: int) -> CodeRange:
    """Return the symmetric range, which weights use: -127 to 127 with 8 bits, -1 to 1 with 1."""
    highest = max(1, 2 ** (bits - 1) - 1)
    return CodeRange(-highest, highest)


def binarize(real: Float32) -> Float32:
    """Return the codes of one bit: -1 for negative numbers, 1 for others. Any shape."""
    return np.where(real < 0, np.float32(-1), np.float32(1))


def asymmetric_grid(low: Float32, high: Float32, *, bits: int) -> Grid:
    """Return the grid that spans `[low, high]`.

    The range is first extended to include 0, so 0 has an exact code and the zero point is a valid
    code. An empty range gets the scale 1.

    Args:
        low: lowest reals, any shape.
        high: highest reals, the same shape.
        bits: width of a code.
    """
    low = np.minimum(low, np.float32(0))
    high = np.maximum(high, np.float32(0))
    extent = (high - low).astype(np.float32)
    scale = np.where(extent < TINY, np.float32(1), extent / np.float32(2**bits - 1))
    zero_point = np.float32(full_range(bits).lowest) - np.rint(low / scale)
    return Grid(scale.astype(np.float32), zero_point.astype(np.float32))


def symmetric_grid(limit: Float32, *, bits: int) -> Grid:
    """Return the grid that spans `[-limit, limit]` with the codes of `narrow_range`.

    Its zero point is 0.

    Args:
        limit: largest magnitudes, any shape.
        bits: width of a code.
    """
    limit = np.asarray(limit, np.float32)
    if bits == 1:  # there is no code for 0, so a row of zeros needs a scale close to 0
        return Grid(np.maximum(limit, TINY), np.zeros_like(limit))
    scale = np.where(limit < TINY, np.float32(1), limit / np.float32(narrow_range(bits).highest))
    return Grid(scale.astype(np.float32), np.zeros_like(scale, dtype=np.float32))


def quantize(real: Float32, grid: Grid, codes: CodeRange) -> Float32:
    """Quantize reals. The codes are integers held in float32, which BLAS can multiply."""
    rounded: Float32 = np.rint(real / grid.scale) + grid.zero_point
    np.maximum(rounded, np.float32(codes.lowest), out=rounded)
    return np.minimum(rounded, np.float32(codes.highest), out=rounded)


def dequantize(codes: Float32, grid: Grid) -> Float32:
    """Return the reals that codes stand for."""
    return (codes - grid.zero_point) * grid.scale


class Reach(NamedTuple):
    """The lowest and the highest real that a grid can represent, in multiples of its scale."""

    lowest: Float32
    highest: Float32

    @classmethod
    def of(cls, grid: Grid, codes: CodeRange) -> Self:
        """Return the reach of a grid with these codes."""
        lowest, highest = codes.lowest - grid.zero_point, codes.highest - grid.zero_point
        return cls(np.asarray(lowest, np.float32), np.asarray(highest, np.float32))


def fake_quantize(real: Float32, scale: Float32, reach: Reach) -> Float32:
    """Quantize and dequantize reals, in fewer calls than `quantize` and `dequantize`.

    The zero point is an integer and cancels out, so the results are identical.

    Args:
        real: any shape.
        scale: the scale of the grid; broadcasts against `real`.
        reach: the reach of the grid.
    """
    steps: Float32 = np.divide(real, scale)
    np.rint(steps, steps)
    np.maximum(steps, reach.lowest, out=steps)  # np.clip takes four times as long as these two
    np.minimum(steps, reach.highest, out=steps)
    return np.multiply(steps, scale, steps)

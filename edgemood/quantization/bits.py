"""Packing of n-bit codes into bytes.

The bit order is that of a little-endian bit stream: the first code takes the lowest bits of the
first byte, and a code that crosses a byte boundary continues in the lowest bits of the next byte.
Each row is padded with zero bits to whole bytes, so a row can be read without the others.

Codes are unsigned. Encodings define what a code means.
"""

import numpy as np
from numpy.typing import NDArray

from edgemood.errors import LayoutError

MAX_BITS = 16


def row_bytes(columns: int, bits: int) -> int:
    """Return the bytes of one row of `columns` codes."""
    return -(-columns * bits // 8)


def pack(codes: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """Pack codes row by row.

    Args:
        codes: *Shape:* `(rows, columns)`, each below `2**bits`.
        bits: 1 to 16.

    Returns:
        *Shape:* `(rows, row_bytes(columns, bits))`.

    Raises:
        ValueError: a code needs more than `bits` bits, or `bits` is out of range.
    """
    _check_bits(bits)
    if codes.size and int(codes.max()) >> bits:
        raise ValueError(f"code {int(codes.max())} does not fit {bits} bits")
    if bits == 8:
        return codes.astype(np.uint8)
    rows, columns = codes.shape
    octets = codes.astype("<u2", order="C").view(np.uint8).reshape(rows, columns, 2)
    stream = np.unpackbits(octets, axis=-1, bitorder="little")[..., :bits]
    return np.packbits(stream.reshape(rows, columns * bits), axis=-1, bitorder="little")


def unpack(
    packed: NDArray[np.uint8], bits: int, columns: int
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Unpack rows; the inverse of `pack`.

    Args:
        packed: *Shape:* `(rows, row_bytes(columns, bits))`.
        bits: 1 to 16.
        columns: codes in a row.

    Returns:
        *Shape:* `(rows, columns)`. With 8 bits this is `packed` itself, not a copy.

    Raises:
        LayoutError: the shape of `packed` does not match `columns` and `bits`.
    """
    _check_bits(bits)
    if packed.ndim != 2 or packed.shape[1] != row_bytes(columns, bits):
        raise LayoutError(
            f"{columns} codes of {bits} bits take {row_bytes(columns, bits)} bytes a row,"
            f" the array has the shape {packed.shape}"
        )
    if bits == 8:
        return packed
    if bits == 4:  # a fast path: token tables often have 4 bits, and each text reads rows of them
        halves = np.empty((*packed.shape, 2), np.uint8)
        np.bitwise_and(packed, 0xF, out=halves[..., 0])
        np.right_shift(packed, 4, out=halves[..., 1])
        return halves.reshape(len(packed), 2 * packed.shape[1])[:, :columns]
    stream = np.unpackbits(packed, axis=-1, count=columns * bits, bitorder="little")
    weights = np.left_shift(1, np.arange(bits)).astype(np.uint16)
    by_code = stream.reshape(len(packed), columns, bits)
    codes: NDArray[np.uint16] = (by_code * weights).sum(axis=-1, dtype=np.uint16)
    return codes


def unpack_at(
    packed: NDArray[np.uint8], bits: int, positions: NDArray[np.int64]
) -> NDArray[np.uint16]:
    """Unpack some codes of one row without unpacking the others.

    Args:
        packed: one row of `pack`. *Shape:* `(bytes,)`.
        bits: 1 to 8, so that no code touches more than two bytes.
        positions: indices of codes, any shape; they must be within the row.

    Returns:
        The codes. *Shape:* that of `positions`.
    """
    first_bit = positions * bits
    byte = first_bit >> 3
    low = packed[byte].astype(np.uint16)
    high = packed[np.minimum(byte + 1, len(packed) - 1)].astype(np.uint16)
    both = (low | (high << np.uint16(8))) >> (first_bit & 7).astype(np.uint16)
    return np.asarray(both & np.uint16(2**bits - 1), dtype=np.uint16)


def _check_bits(bits: int) -> None:
    if not 1 <= bits <= MAX_BITS:
        raise ValueError(f"bits must be 1 to {MAX_BITS}, not {bits}")

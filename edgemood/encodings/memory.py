"""How much memory a weight takes, from its shape alone, and decoding in blocks that keep to it.

A file of few bytes can declare large matrices: a code has one bit, and the product of two thin
matrices is as large as their long sides. A classifier therefore asks for these numbers first.
"""

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from edgemood.arrays import Float32, Int32

BLOCK_ITEMS = 2**16
"""Weights that are decoded at once, or those of one row if it has more."""
_DECODED = 48
"""Most bytes that decoding takes for one weight: unpacked bits, codes, positions and the value."""
_FLOAT = 4
_FOR_ROW = 24
"""Bytes for each row of a layer while its copy and its bounds are made."""


class Memory(NamedTuple):
    """Most bytes that uses of a weight take, in addition to the stored arrays."""

    table: int
    """Held from the first decoded row on, or needed to make what is held."""
    row: int
    """For each row that is decoded together with others: the row itself."""
    block: int
    """While rows are decoded, for all of them."""
    layer: int
    """Held from the first product on, or needed to make what is held."""
    input: int
    """For each row of inputs of a product: the quantized inputs and the outputs."""

    @classmethod
    def of(
        cls,
        shape: tuple[int, int],
        *,
        copy: int,
        inputs: int = 0,
        outputs: int = _FLOAT,
        table: int = 0,
    ) -> Self:
        """Return the memory of a matrix that is decoded in blocks.

        Args:
            shape: `(out, in)`.
            copy: bytes for each weight that products hold.
            inputs: bytes for each number of the inputs of a product.
            outputs: bytes for each number of its outputs.
            table: see the attribute.
        """
        rows, columns = shape
        block = _DECODED * min(rows * columns, max(columns, BLOCK_ITEMS))
        return cls(
            table=table,
            row=_FLOAT * columns,
            block=block,
            layer=table + copy * rows * columns + _FOR_ROW * rows + block,
            input=inputs * columns + outputs * rows,
        )


def in_blocks(decode: Callable[[Int32], Float32], ids: Int32, columns: int) -> Float32:
    """Decode rows block by block, so that little memory is needed beside the result.

    Args:
        decode: from row numbers to rows; a row must not depend on the others.
        ids: row numbers. *Shape:* `(n,)`.
        columns: of a row.

    Returns:
        The rows. *Shape:* `(n, columns)`.
    """
    step = max(1, BLOCK_ITEMS // columns)
    if len(ids) <= step:
        return decode(ids)
    rows = np.empty((len(ids), columns), np.float32)
    for start in range(0, len(ids), step):
        rows[start : start + step] = decode(ids[start : start + step])
    return rows

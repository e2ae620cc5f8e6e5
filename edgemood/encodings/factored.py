"""Low-rank factorization: a matrix as a product of two, each of them in its own encoding.

`W = left @ right` with `left` of the shape `(out, rank)` and `right` of the shape `(rank, in)`, so
`x @ W.T = (x @ right.T) @ left.T`. A token table keeps `left` packed and decodes the rows it is
asked for; `right` is small and is expanded once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from edgemood.arrays import Float32, Int32, Settings
from edgemood.encodings.base import FloatProduct, Weight, cached_bytes
from edgemood.encodings.bounds import Bounds
from edgemood.encodings.memory import BLOCK_ITEMS, Memory, in_blocks
from edgemood.errors import LayoutError


@dataclass(frozen=True)
class Factored:
    """The product of two weights.

    Raises:
        LayoutError: the columns of `left` are not as many as the rows of `right`.
    """

    encoding: ClassVar[str] = "factored"
    left: Weight
    right: Weight
    energy: float | None = None
    """Share of the squared singular values that this rank keeps; None if it is not known."""

    def __post_init__(self) -> None:
        left, right = self.left.shape, self.right.shape
        if left[1] != right[0]:
            raise LayoutError(f"factors of the shapes {left} and {right} have no product")

    @property
    def shape(self) -> tuple[int, int]:
        """`(out, in)` of the product."""
        return self.left.shape[0], self.right.shape[1]

    @property
    def rank(self) -> int:
        """Columns of `left` and rows of `right`."""
        return self.left.shape[1]

    @property
    def resident_bytes(self) -> int:
        """Bytes of both factors, and of the expanded `right` once it exists."""
        stored = self.left.resident_bytes + self.right.resident_bytes
        return stored + cached_bytes(self, "_right")

    @property
    def memory(self) -> Memory:
        """Most bytes that uses of this weight take: `right` is decoded for a table."""
        left, right = self.left.memory, self.right.memory
        rows_of_a_block = max(1, BLOCK_ITEMS // self.shape[1])
        whole = Memory.of(self.shape, copy=0)
        return Memory(
            table=left.table + right.table + right.row * self.rank,
            row=whole.row,
            block=whole.block + left.block + right.block + left.row * rows_of_a_block,
            layer=left.layer + right.layer,
            input=left.input + right.input,
        )

    def matmul(self, x: Float32) -> Float32:
        """Compute `(x @ right.T) @ left.T`. *Shape:* `(n, in)` -> `(n, out)`."""
        return self.left.matmul(self.right.matmul(x))

    def bounds(self, inputs: Bounds) -> Bounds:
        """Return the largest magnitudes of products. *Shape:* `(in,)` -> `(out,)`."""
        return self.left.bounds(self.right.bounds(inputs))

    def as_float_product(self) -> FloatProduct | None:
        """Return None: there are two products, and the second one quantizes its inputs, too."""
        return None

    def rows(self, ids: Int32) -> Float32:
        """Decode some rows only. *Shape:* `(n,)` -> `(n, in)`."""
        return in_blocks(self._decode, ids, self.shape[1])

    def settings(self) -> Settings:
        """Return `energy` if it is known."""
        return {} if self.energy is None else {"energy": self.energy}

    def parts(self) -> Mapping[str, Weight]:
        """Return `left` and `right`."""
        return {"left": self.left, "right": self.right}

    @classmethod
    def from_parts(
        cls, shape: tuple[int, int], settings: Settings, parts: Mapping[str, Weight]
    ) -> Self:
        """Build the weight from its factors."""
        if set(parts) != {"left", "right"}:
            raise LayoutError(f"expected the parts left and right, found {sorted(parts)}")
        energy = settings.get("energy")
        if not set(settings) <= {"energy"} or not isinstance(energy, float | None):
            raise LayoutError(f"expected at most the setting energy, found {dict(settings)}")
        weight = cls(parts["left"], parts["right"], energy)
        if weight.shape != shape:
            raise LayoutError(f"the factors make up {weight.shape}, not {shape}")
        return weight

    def _decode(self, ids: Int32) -> Float32:
        # einsum instead of BLAS: a row must not depend on the other rows of the request.
        return np.asarray(np.einsum("nr,rd->nd", self.left.rows(ids), self._right))

    @cached_property
    def _right(self) -> Float32:
        return self.right.rows(np.arange(self.rank, dtype=np.int32))

"""Low rank: a matrix as the product of two thin ones, each in an encoding of its own.

`W = left @ right` with `left` of the shape `(out, rank)` and `right` of `(rank, in)`, so
`x @ W.T = (x @ right.T) @ left.T`. A token table keeps `left` packed and decodes the rows it is
asked for; `right` is small and is expanded once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from edgemood.arrays import Float32, Int32, Settings
from edgemood.encodings.base import FloatProduct, Weight
from edgemood.errors import LayoutError


@dataclass(frozen=True)
class Factored:
    """A product of two weights.

    Raises:
        LayoutError: their shapes do not fit together.
    """

    encoding: ClassVar[str] = "factored"
    left: Weight
    right: Weight
    energy: float | None = None
    """Share of the squared weights that truncation to this rank kept, where one was truncated."""

    def __post_init__(self) -> None:
        if self.left.shape[1] != self.right.shape[0]:
            raise LayoutError(
                f"factors of the shapes {self.left.shape} and {self.right.shape} have no product"
            )

    @property
    def shape(self) -> tuple[int, int]:
        return self.left.shape[0], self.right.shape[1]

    @property
    def rank(self) -> int:
        """Columns of the left factor."""
        return self.left.shape[1]

    @property
    def resident_bytes(self) -> int:
        expanded = self.__dict__.get("_right")
        stored = self.left.resident_bytes + self.right.resident_bytes
        return stored + (0 if expanded is None else expanded.nbytes)

    def matmul(self, x: Float32) -> Float32:
        return self.left.matmul(self.right.matmul(x))

    def as_float_product(self) -> FloatProduct | None:
        return None  # there are two products, and inputs of the second are quantised, too

    def rows(self, ids: Int32) -> Float32:
        # einsum, not BLAS: a row must not depend on which others are asked for with it.
        rows: Float32 = np.einsum("nr,rd->nd", self.left.rows(ids), self._right)
        return rows

    def settings(self) -> Settings:
        return {} if self.energy is None else {"energy": self.energy}

    def parts(self) -> Mapping[str, Weight]:
        return {"left": self.left, "right": self.right}

    @classmethod
    def from_parts(
        cls, shape: tuple[int, int], settings: Settings, parts: Mapping[str, Weight]
    ) -> Self:
        if set(parts) != {"left", "right"}:
            raise LayoutError(f"expected the parts left and right, found {sorted(parts)}")
        energy = settings.get("energy")
        if not set(settings) <= {"energy"} or not isinstance(energy, float | None):
            raise LayoutError(f"expected at most the setting energy, found {dict(settings)}")
        weight = cls(parts["left"], parts["right"], energy)
        if weight.shape != shape:
            raise LayoutError(f"the factors make up {weight.shape}, not {shape}")
        return weight

    @cached_property
    def _right(self) -> Float32:
        return self.right.rows(np.arange(self.rank, dtype=np.int32))

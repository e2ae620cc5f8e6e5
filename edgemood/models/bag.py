"""Pooled word vectors and a multi-layer perceptron.

The mean of the tokens' vectors goes through ReLU layers and one linear layer. This is the base
FFNN of Murillo & Su, section 6, with word vectors that are trained and counted.

The mean and the first layer are linear, so a table may hold the first layer's output for each
word, bias included: `mean(W e + b) = W mean(e) + b`. With the size `folded` it does: the table is
then as wide as the first of `hidden` (or has a column for each label, if there is none), and the
layers begin with the second.
"""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import Weight
from edgemood.errors import LayoutError
from edgemood.models.base import (
    FOLDED,
    Batch,
    Sizes,
    check_names,
    check_shapes,
    is_folded,
    whole_number,
    widths,
)
from edgemood.models.mlp import Mlp


class Bag:
    """`sizes`: `rows` and `dim` of the token table, `hidden` widths, `labels`, perhaps `folded`."""

    architecture: ClassVar[str] = "bag"

    def __init__(self, embedding: Weight, layers: Mlp, *, folded: bool = False) -> None:
        self._embedding, self._layers, self._folded = embedding, layers, folded

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        check_shapes(weights, cls.shapes(sizes))
        return cls(weights["embedding"], Mlp.from_weights(weights), folded=is_folded(sizes))

    @classmethod
    def shapes(cls, sizes: Sizes) -> dict[str, tuple[int, int]]:
        check_names(sizes, {"rows", "dim", "hidden", "labels"}, optional={FOLDED})
        rows, dim, labels = (whole_number(sizes, name) for name in ("rows", "dim", "labels"))
        layers = (*widths(sizes, "hidden"), labels)
        if not is_folded(sizes):
            layers = (dim, *layers)
        elif dim != layers[0]:
            raise LayoutError(f"a folded table has {layers[0]} columns here, not {dim}")
        return {"embedding": (rows, dim), **Mlp.shapes(layers)}

    @property
    def resident_bytes(self) -> Mapping[str, int]:
        return {}

    def logits(self, batch: Batch) -> Float32:
        pooled = self.pooled(batch)
        if self._folded and self._layers.depth:
            pooled = np.maximum(pooled, np.float32(0))
        return self._layers(pooled)

    def pooled(self, batch: Batch) -> Float32:
        """Mean vector of each text. *Shape:* `(texts, dim)`."""
        rows = self._embedding.rows(batch.ids)
        sums: Float32 = np.add.reduceat(rows, batch.starts, axis=0)
        return sums / batch.lengths.astype(np.float32).reshape(-1, 1)

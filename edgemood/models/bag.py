"""Pooled word vectors and a multi-layer perceptron.

The mean of the tokens' vectors goes through ReLU layers and one linear layer. This is the base
FFNN of Murillo & Su, section 6, with word vectors that are trained and counted.
"""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from edgemood.encodings.base import Float32, Weight
from edgemood.models.base import Batch, Sizes, check_names, check_shapes, whole_number, widths
from edgemood.models.mlp import Mlp


class Bag:
    """`sizes`: `rows` and `dim` of the token table, `hidden` widths, `labels`."""

    architecture: ClassVar[str] = "bag"

    def __init__(self, embedding: Weight, layers: Mlp) -> None:
        self._embedding, self._layers = embedding, layers

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        check_shapes(weights, cls.shapes(sizes))
        return cls(weights["embedding"], Mlp.from_weights(weights))

    @classmethod
    def shapes(cls, sizes: Sizes) -> dict[str, tuple[int, int]]:
        check_names(sizes, {"rows", "dim", "hidden", "labels"})
        rows, dim, labels = (whole_number(sizes, name) for name in ("rows", "dim", "labels"))
        return {"embedding": (rows, dim), **Mlp.shapes((dim, *widths(sizes, "hidden"), labels))}

    def logits(self, batch: Batch) -> Float32:
        return self._layers(self.pooled(batch))

    def pooled(self, batch: Batch) -> Float32:
        """Mean vector of each text. *Shape:* `(texts, dim)`."""
        rows = self._embedding.rows(batch.ids)
        sums: Float32 = np.add.reduceat(rows, batch.starts, axis=0)
        return sums / batch.lengths.astype(np.float32).reshape(-1, 1)

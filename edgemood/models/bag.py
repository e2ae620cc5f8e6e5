"""Pooled word vectors and a multi-layer perceptron.

The mean of the tokens' vectors goes through ReLU layers and a final linear layer. This is the base
feed-forward network of Murillo & Su, section 6, with word vectors that are trained with the network
and counted in its size.

The mean and the first layer are both linear: `mean(W e + b) = W mean(e) + b`. The first layer can
therefore be folded into the token table, which then holds `W e + b` for each word and is as wide as
the first layer. The size `folded` states this; the stored layers begin with the second one.
"""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import Weight
from edgemood.encodings.bounds import column_bounds
from edgemood.errors import LayoutError
from edgemood.models.base import INDEX_BYTES, Batch, ModelMemory, check_weights
from edgemood.models.mlp import Mlp
from edgemood.models.sizes import (
    FOLDED,
    Sizes,
    check_size_names,
    is_folded,
    layer_widths,
    positive_integer,
)


class Bag:
    """A bag of words.

    The sizes are `rows` and `dim` of the token table, `hidden` (the widths of the ReLU layers),
    `labels`, and optionally `folded`. The weights are `embedding`, the token table, and those of
    `Mlp`.
    """

    architecture: ClassVar[str] = "bag"

    def __init__(self, embedding: Weight, layers: Mlp, *, folded: bool = False) -> None:
        self._embedding, self._layers, self._folded = embedding, layers, folded

    @classmethod
    def shapes(cls, sizes: Sizes) -> dict[str, tuple[int, int]]:
        """Return the name and shape of every weight that a network of these sizes has."""
        check_size_names(sizes, {"rows", "dim", "hidden", "labels"}, optional={FOLDED})
        rows, dim, labels = (positive_integer(sizes, name) for name in ("rows", "dim", "labels"))
        layers = (*layer_widths(sizes, "hidden"), labels)
        if not is_folded(sizes):
            layers = (dim, *layers)
        elif dim != layers[0]:
            raise LayoutError(f"a folded table has {layers[0]} columns here, not {dim}")
        return {"embedding": (rows, dim), **Mlp.shapes(layers)}

    @classmethod
    def memory(cls, weights: Mapping[str, Weight]) -> ModelMemory:
        """Return the most bytes that a network of these weights takes."""
        table, layers = weights["embedding"].memory, Mlp.memory(weights)
        return ModelMemory(
            resident=table.table + layers.resident,
            token=table.row + INDEX_BYTES,
            text=3 * table.row + layers.text + INDEX_BYTES,
            block=table.block,
        )

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        """Build the network."""
        check_weights(weights, cls.shapes(sizes))
        Mlp.check_range(weights, column_bounds(weights["embedding"]))
        return cls(weights["embedding"], Mlp.from_weights(weights), folded=is_folded(sizes))

    @property
    def resident_bytes(self) -> Mapping[str, int]:
        """Return nothing: the network holds only its weights."""
        return {}

    def logits(self, batch: Batch) -> Float32:
        """Compute the logits of each text. *Shape:* `(texts, labels)`."""
        pooled = self.pooled(batch)
        if self._folded and self._layers.depth:  # the folded layer is a ReLU layer
            pooled = np.maximum(pooled, 0)
        return self._layers(pooled)

    def pooled(self, batch: Batch) -> Float32:
        """Compute the mean vector of each text. *Shape:* `(texts, dim)`."""
        sums: Float32 = np.add.reduceat(self._embedding.rows(batch.ids), batch.starts, axis=0)
        return sums / batch.lengths.astype(np.float32).reshape(-1, 1)

"""Pooled word vectors and a multi-layer perceptron.

The mean of the tokens' vectors goes through ReLU layers and one linear layer. This is the base
FFNN of Murillo & Su, section 6, with word vectors that are trained and counted.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import ClassVar, Self

import numpy as np

from edgemood.encodings.base import Float32, Weight
from edgemood.errors import LayoutError
from edgemood.models.base import Batch, Sizes, bias_row, check_shapes, whole_number


class Bag:
    """`sizes`: `rows` and `dim` of the token table, `hidden` widths, `labels`."""

    architecture: ClassVar[str] = "bag"

    def __init__(self, embedding: Weight, layers: list[tuple[Weight, Float32]]) -> None:
        self._embedding = embedding
        self._layers = layers

    @classmethod
    def from_weights(cls, sizes: Sizes, weights: Mapping[str, Weight]) -> Self:
        check_shapes(weights, cls.shapes(sizes))
        count = (len(weights) - 1) // 2
        layers = [
            (weights[f"layers.{i}.weight"], bias_row(weights[f"layers.{i}.bias"]))
            for i in range(count)
        ]
        return cls(weights["embedding"], layers)

    @staticmethod
    def shapes(sizes: Sizes) -> dict[str, tuple[int, int]]:
        """The weights that these sizes ask for, and their shapes.

        Raises:
            LayoutError: the sizes are not those of a bag.
        """
        hidden = sizes.get("hidden")
        if set(sizes) != {"rows", "dim", "hidden", "labels"} or not isinstance(hidden, tuple):
            raise LayoutError(f"a bag has the sizes rows, dim, hidden, labels; found {dict(sizes)}")
        rows, dim, labels = (whole_number(sizes, name) for name in ("rows", "dim", "labels"))
        shapes = {"embedding": (rows, dim)}
        for i, (inputs, outputs) in enumerate(pairwise((dim, *hidden, labels))):
            shapes[f"layers.{i}.weight"] = (outputs, inputs)
            shapes[f"layers.{i}.bias"] = (1, outputs)
        return shapes

    def logits(self, batch: Batch) -> Float32:
        x = self.pooled(batch)
        *hidden, (last_weight, last_bias) = self._layers
        for weight, bias in hidden:
            x = np.maximum(weight.matmul(x) + bias, np.float32(0))
        return last_weight.matmul(x) + last_bias

    def pooled(self, batch: Batch) -> Float32:
        """Mean vector of each text. *Shape:* `(texts, dim)`."""
        rows = self._embedding.rows(batch.ids)
        starts = np.cumsum(batch.lengths) - batch.lengths
        sums: Float32 = np.add.reduceat(rows, starts, axis=0)
        return sums / batch.lengths.astype(np.float32).reshape(-1, 1)

"""Linear layers with ReLU between them: the end of every architecture."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import Weight
from edgemood.models.base import bias_row

_ZERO = np.array(0, np.float32)


class Mlp:
    """Layers `layers.0`, `layers.1`, ...; the last one has no ReLU."""

    def __init__(self, layers: Sequence[tuple[Weight, Float32]]) -> None:
        self._layers = layers

    @staticmethod
    def shapes(widths: Sequence[int]) -> dict[str, tuple[int, int]]:
        """The weights between layers of these widths, inputs first, labels last."""
        shapes: dict[str, tuple[int, int]] = {}
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            shapes[f"layers.{i}.weight"] = (outputs, inputs)
            shapes[f"layers.{i}.bias"] = (1, outputs)
        return shapes

    @classmethod
    def from_weights(cls, weights: Mapping[str, Weight]) -> Self:
        """Connect the weights, whose shapes were checked."""
        count = sum(name.startswith("layers.") for name in weights) // 2
        return cls(
            [
                (weights[f"layers.{i}.weight"], bias_row(weights[f"layers.{i}.bias"])[np.newaxis])
                for i in range(count)
            ]
        )

    @property
    def depth(self) -> int:
        """How many layers there are."""
        return len(self._layers)

    def __call__(self, x: Float32) -> Float32:
        """*Shape:* `(texts, inputs)` -> `(texts, labels)`."""
        if not self._layers:
            return x
        *hidden, (last_weight, last_bias) = self._layers
        for weight, bias in hidden:
            x = np.maximum(weight.matmul(x) + bias, _ZERO)
        return last_weight.matmul(x) + last_bias

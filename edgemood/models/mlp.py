"""A multi-layer perceptron, with which every architecture ends."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.encodings.base import Weight
from edgemood.encodings.bounds import Bounds
from edgemood.models.base import ModelMemory, bias_of, with_bias

_ACTIVATIONS = 4 * 4
"""Bytes for each input and output of a layer: the numbers and results of adding and of ReLU."""


class Mlp:
    """Linear layers with ReLU between them and none after the last one.

    Layer i has the weights `layers.i.weight` of the shape `(out, in)` and `layers.i.bias` of the
    shape `(1, out)`. Without any layer the input is the output.
    """

    def __init__(self, layers: Sequence[tuple[Weight, Float32]]) -> None:
        self._layers = layers

    @staticmethod
    def shapes(widths: Sequence[int]) -> dict[str, tuple[int, int]]:
        """Return the name and shape of every weight.

        Args:
            widths: of the inputs, of each hidden layer, and of the output.
        """
        shapes: dict[str, tuple[int, int]] = {}
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            shapes[f"layers.{i}.weight"] = (outputs, inputs)
            shapes[f"layers.{i}.bias"] = (1, outputs)
        return shapes

    @classmethod
    def from_weights(cls, weights: Mapping[str, Weight]) -> Self:
        """Build the layers; names and shapes must have been checked. Other weights are ignored."""
        return cls(
            [
                (weights[f"layers.{i}.weight"], bias_of(weights[f"layers.{i}.bias"])[np.newaxis])
                for i in range(_depth(weights))
            ]
        )

    @staticmethod
    def memory(weights: Mapping[str, Weight]) -> ModelMemory:
        """Return the most bytes that the layers take; other weights are ignored."""
        layers = [weight for name, weight in weights.items() if name.startswith("layers.")]
        texts = [weight.memory.input + _ACTIVATIONS * sum(weight.shape) for weight in layers]
        resident = sum(weight.memory.layer for weight in layers)
        return ModelMemory(resident=resident, token=0, text=max(texts, default=0), block=0)

    @staticmethod
    def check_range(weights: Mapping[str, Weight], inputs: Bounds) -> None:
        """Check that no inputs within bounds lead to numbers that float32 cannot hold.

        Raises:
            LayoutError: some may.
        """
        for i in range(_depth(weights)):
            inputs = with_bias(weights[f"layers.{i}.weight"], inputs, weights[f"layers.{i}.bias"])

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self._layers)

    def __call__(self, x: Float32) -> Float32:
        """Compute the output. *Shape:* `(texts, inputs)` -> `(texts, outputs)`."""
        if not self._layers:
            return x
        *hidden, (last_weight, last_bias) = self._layers
        for weight, bias in hidden:
            x = np.maximum(weight.matmul(x) + bias, 0)
        return last_weight.matmul(x) + last_bias


def _depth(weights: Mapping[str, Weight]) -> int:
    return sum(name.startswith("layers.") for name in weights) // 2

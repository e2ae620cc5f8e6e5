"""Linear layers with ReLU between them."""

import numpy as np

from edgemood.encodings import Dense
from edgemood.models.mlp import Mlp


def mlp(*layers: tuple[list[list[float]], list[float]]) -> Mlp:
    weights = {}
    for i, (weight, bias) in enumerate(layers):
        weights[f"layers.{i}.weight"] = Dense.encode(np.array(weight, np.float32))
        weights[f"layers.{i}.bias"] = Dense.encode(np.array([bias], np.float32))
    return Mlp.from_weights({"embedding": Dense.encode(np.zeros((1, 1), np.float32)), **weights})


def test_shapes_follow_the_widths() -> None:
    assert Mlp.shapes((5, 3, 2)) == {
        "layers.0.weight": (3, 5),
        "layers.0.bias": (1, 3),
        "layers.1.weight": (2, 3),
        "layers.1.bias": (1, 2),
    }
    assert Mlp.shapes((5,)) == {}


def test_relu_between_layers_and_not_after_the_last_one() -> None:
    # Layer 0: (1 - 2, 1 + 2 + 1) = (-1, 4), after ReLU (0, 4); layer 1: 3 * 0 - 4 + 1 = -3.
    two = mlp(([[1, -1], [1, 1]], [0, 1]), ([[3, -1]], [1]))
    assert two.depth == 2
    assert two(np.array([[1, 2]], np.float32)).tolist() == [[-3]]


def test_rows_are_independent() -> None:
    layer = mlp(([[2, 0], [0, 3]], [1, -1]))
    assert layer(np.array([[1, 1], [5, 0]], np.float32)).tolist() == [[3, 2], [11, -1]]


def test_no_layer_returns_its_input() -> None:
    x = np.ones((2, 3), np.float32)
    empty = mlp()
    assert empty.depth == 0
    assert empty(x) is x

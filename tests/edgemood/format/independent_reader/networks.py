"""Architectures: rows of the token table to logits."""

import math
from collections.abc import Sequence
from typing import Any

from .weights import Vector, Weight


def layers(weights: dict[str, Weight], x: Vector) -> Vector:
    count = sum(name.startswith("layers.") for name in weights) // 2
    for i in range(count):
        product = weights[f"layers.{i}.weight"].product(x)
        x = [p + b for p, b in zip(product, weights[f"layers.{i}.bias"].row(0), strict=True)]
        if i < count - 1:
            x = [max(0.0, v) for v in x]
    return x


def bag(sizes: dict[str, Any], weights: dict[str, Weight], rows: Sequence[int]) -> Vector:
    vectors = [weights["embedding"].row(row) for row in rows]
    mean = [math.fsum(column) / len(rows) for column in zip(*vectors, strict=True)]
    if sizes.get("folded") == 1 and "layers.0.weight" in weights:
        mean = [max(0.0, v) for v in mean]
    return layers(weights, mean)


def gru(sizes: dict[str, Any], weights: dict[str, Weight], rows: Sequence[int]) -> Vector:
    vectors = [weights["embedding"].row(row) for row in rows]
    states: Vector = []
    for direction in range(sizes["directions"]):
        states += last_state(sizes, weights, direction, vectors[:: -1 if direction else 1])
    return layers(weights, states)


def last_state(
    sizes: dict[str, Any], weights: dict[str, Weight], d: int, vectors: Sequence[Vector]
) -> Vector:
    hidden, eight = sizes["hidden"], sizes["gate_bits"] == 8
    h = [0.0] * hidden
    for x in vectors:
        if sizes.get("folded") == 1:
            a = x[d * 3 * hidden : (d + 1) * 3 * hidden]
        else:
            a = plus(weights[f"gru.{d}.input"].product(x), weights[f"gru.{d}.input_bias"].row(0))
        b = plus(weights[f"gru.{d}.hidden"].product(h), weights[f"gru.{d}.hidden_bias"].row(0))
        new = []
        for i in range(hidden):
            r = grid(sigmoid(a[i] + b[i]), 256, eight)
            z = grid(sigmoid(a[hidden + i] + b[hidden + i]), 256, eight)
            n = grid(math.tanh(a[2 * hidden + i] + r * b[2 * hidden + i]), 128, eight)
            new.append(grid(n + z * (h[i] - n), 128, eight))
        h = new
    return h


def grid(value: float, steps: int, eight: bool) -> float:
    return min(round(value * steps), steps - 1) / steps if eight else value


def plus(one: Vector, other: Vector) -> Vector:
    return [a + b for a, b in zip(one, other, strict=True)]


def sigmoid(x: float) -> float:
    return 0.5 * (math.tanh(0.5 * x) + 1)


def softmax(x: Vector) -> Vector:
    powers = [math.exp(value - max(x)) for value in x]
    return [power / math.fsum(powers) for power in powers]


def log_sum_exp(x: Vector) -> float:
    return max(x) + math.log(math.fsum(math.exp(value - max(x)) for value in x))

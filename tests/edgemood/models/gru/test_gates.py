"""The layout of gates, and products against those of each direction."""

import numpy as np
import pytest

from edgemood.models.gru.gates import (
    halve_sigmoid_inputs,
    input_product,
    interleave_directions,
    recurrent_product,
)
from edgemood.models.gru.recurrence import TANH_GRID
from edgemood.quantization.input_quantization import InputQuantization

HIDDEN, DIM = 4, 3
STATE = InputQuantization("static", TANH_GRID)
DYNAMIC = InputQuantization("dynamic")


def matrices(columns: int) -> list[np.ndarray]:
    generator = np.random.default_rng(columns)
    return [generator.normal(size=(3 * HIDDEN, columns)).astype(np.float32) for _ in range(2)]


def biases() -> list[np.ndarray]:
    return [np.arange(3 * HIDDEN, dtype=np.float32) - 5 * i for i in range(2)]


def expected(products: list[np.ndarray]) -> np.ndarray:
    return halve_sigmoid_inputs(
        interleave_directions([p + b for p, b in zip(products, biases(), strict=True)])
    )


def test_the_order_by_hand() -> None:
    # Two directions with one unit: r z n of each become r r z z n n, and r and z are halved.
    both = interleave_directions([np.float32([[2, 4, 6]]), np.float32([[10, 20, 30]])])
    assert both.tolist() == [[2, 10, 4, 20, 6, 30]]
    assert halve_sigmoid_inputs(both).tolist() == [[1, 5, 2, 10, 6, 30]]


@pytest.mark.parametrize("kind", ["integer", "apot", "dense"])
@pytest.mark.parametrize(
    "input_quantization",
    [InputQuantization(), DYNAMIC, STATE, InputQuantization.static(-2, 3)],
)
def test_products_are_those_of_the_weights(
    encoders: dict, kind: str, input_quantization: InputQuantization
) -> None:
    encode = encoders[kind]
    weights = [encode(values, input_quantization) for values in matrices(HIDDEN)]
    generator = np.random.default_rng(0)
    states = [
        (generator.integers(-128, 128, size=(5, HIDDEN)) / 128).astype(np.float32) for _ in range(2)
    ]
    out = np.empty((5, 6 * HIDDEN), np.float32)
    ones = np.ones((5, 1), np.float32)
    product = recurrent_product(weights, biases(), state=STATE)
    product(np.concatenate([*states, ones], axis=1), out)
    wanted = expected([w.matmul(state) for w, state in zip(weights, states, strict=True)])
    np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-5)

    weights = [encode(values, input_quantization) for values in matrices(DIM)]
    words = generator.normal(size=(5, DIM)).astype(np.float32)
    input_product(weights, biases())(words, out)
    wanted = expected([w.matmul(words) for w in weights])
    np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-5)


def test_integer_states_are_multiplied_exactly(encoders: dict) -> None:
    weights = [encoders["integer"](values, STATE) for values in matrices(HIDDEN)]
    state = (np.random.default_rng(1).integers(-128, 128, size=(50, HIDDEN)) / 128).astype("f4")
    out = np.empty((50, 6 * HIDDEN), np.float32)
    nothing = [np.zeros(3 * HIDDEN, np.float32)] * 2
    one = np.ones((50, 1), np.float32)
    recurrent_product(weights, nothing, state=STATE)(np.hstack([state, state, one]), out)
    wanted = halve_sigmoid_inputs(interleave_directions([w.matmul(state) for w in weights]))
    np.testing.assert_array_equal(out, wanted)


def test_directions_may_quantize_their_inputs_differently(encoders: dict) -> None:
    apot, (first, second) = encoders["apot"], matrices(DIM)
    weights = [
        apot(first, InputQuantization.static(-1, 1)),
        apot(second, InputQuantization.static(-4, 4)),
    ]
    words = np.full((1, DIM), 3, np.float32)  # beyond the range of the first
    out = np.empty((1, 6 * HIDDEN), np.float32)
    input_product(weights, biases())(words, out)
    np.testing.assert_allclose(out, expected([w.matmul(words) for w in weights]), rtol=1e-5)


def test_resident_bytes(encoders: dict) -> None:
    weights = [encoders["dense"](values, STATE) for values in matrices(HIDDEN)]
    product = recurrent_product(weights, biases(), state=STATE)
    assert product.resident_bytes == 4 * (2 * HIDDEN + 1) * 6 * HIDDEN
    weights = [encoders["integer"](values, DYNAMIC) for values in matrices(HIDDEN)]
    assert recurrent_product(weights, biases(), state=STATE).resident_bytes == 4 * 6 * HIDDEN

"""The GRU against torch's own, and its integer gates by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import Dense, Weight
from edgemood.errors import LayoutError
from edgemood.models import Batch, Gru
from edgemood.models.base import sigmoid
from edgemood.models.gru.recurrence import SIGMOID_GRID, TANH_GRID
from edgemood.quantization.affine import Grid, dequantize, full_range, quantize
from edgemood.quantization.input_quantization import InputQuantization

SIZES = {
    "rows": 7,
    "dim": 4,
    "hidden": 3,
    "directions": 2,
    "head": (5,),
    "labels": 2,
    "gate_bits": 32,
}
texts_strategy = st.lists(
    st.lists(st.integers(0, 6), min_size=1, max_size=9), min_size=1, max_size=6
)


def weights(sizes: dict, seed: int = 0) -> dict[str, Dense]:
    generator = np.random.default_rng(seed)
    return {
        name: Dense.encode(generator.normal(size=shape).astype(np.float32))
        for name, shape in Gru.shapes(sizes).items()
    }


def torch_last_states(values: dict[str, Dense], sizes: dict, texts: list[list[int]]) -> np.ndarray:
    torch = pytest.importorskip("torch")
    gru = torch.nn.GRU(sizes["dim"], sizes["hidden"], bidirectional=sizes["directions"] == 2)
    with torch.no_grad():
        for i, suffix in list(enumerate(("", "_reverse")))[: sizes["directions"]]:
            for name, torch_name in (("input", "ih"), ("hidden", "hh")):
                weight = torch.from_numpy(values[f"gru.{i}.{name}"].values)
                bias = torch.from_numpy(values[f"gru.{i}.{name}_bias"].values.ravel())
                getattr(gru, f"weight_{torch_name}_l0{suffix}").copy_(weight)
                getattr(gru, f"bias_{torch_name}_l0{suffix}").copy_(bias)
        table = torch.from_numpy(values["embedding"].values)
        last = [gru(table[text][:, None])[1].reshape(1, -1) for text in texts]
    return torch.cat(last).numpy()


@pytest.mark.parametrize("directions", [1, 2])
@given(texts=texts_strategy, seed=st.integers(0, 1000))
def test_last_states_are_those_of_torch(directions: int, texts: list[list[int]], seed: int) -> None:
    sizes = {**SIZES, "directions": directions}
    values = weights(sizes, seed)
    states = Gru.from_weights(sizes, values).last_states(Batch.from_lists(texts))
    np.testing.assert_allclose(states, torch_last_states(values, sizes, texts), atol=2e-6)


STATE = InputQuantization("static", TANH_GRID)


def word_by_word(values: dict[str, Weight], texts: list[list[int]]) -> np.ndarray:
    """The formula with integer gates, one text, direction and word at a time."""

    def on(grid: Grid, x: np.ndarray) -> np.ndarray:
        return dequantize(quantize(x, grid, full_range(8)), grid)

    def row(name: str) -> np.ndarray:
        return values[name].rows(np.zeros(1, np.int32))

    last = []
    for text in texts:
        states = []
        for i, words in enumerate((text, text[::-1])):
            h = np.zeros((1, SIZES["hidden"]), np.float32)
            for word in words:
                x = values["embedding"].rows(np.array([word], np.int32))
                given = values[f"gru.{i}.input"].matmul(x) + row(f"gru.{i}.input_bias")
                kept = values[f"gru.{i}.hidden"].matmul(h) + row(f"gru.{i}.hidden_bias")
                (ir, iz, i_n), (hr, hz, hn) = np.split(given, 3, 1), np.split(kept, 3, 1)
                r, z = (on(SIGMOID_GRID, sigmoid(a)) for a in (ir + hr, iz + hz))
                n = on(TANH_GRID, np.tanh(i_n + r * hn))
                h = on(TANH_GRID, (1 - z) * n + z * h)
            states.append(h[0])
        last.append(np.concatenate(states))
    return np.array(last)


@pytest.mark.parametrize("kind", ["integer", "apot"])
@pytest.mark.parametrize("mode", ["none", "dynamic", "static"])
@given(texts=texts_strategy, seed=st.integers(0, 1000))
def test_integer_gates_word_by_word(
    encoders: dict, kind: str, mode: str, texts: list[list[int]], seed: int
) -> None:
    inputs = InputQuantization.static(-3, 3) if mode == "static" else InputQuantization(mode)
    state = STATE if mode == "static" else InputQuantization(mode)
    kinds = {"input": inputs, "hidden": state}
    values = {
        name: encoders[kind](w.values, kinds[name.rpartition(".")[2]])
        if name.rpartition(".")[2] in kinds
        else w
        for name, w in weights(SIZES, seed).items()
    }
    gru = Gru.from_weights({**SIZES, "gate_bits": 8}, values)
    found = gru.last_states(Batch.from_lists(texts))
    # Sums in another order may fall on the other side of a rounding: one step of the grid, rarely.
    off = np.abs(found - word_by_word(values, texts)) * 128
    assert off.max() <= 2
    assert (off > 0).mean() <= 0.25


def one_unit(gate_bits: int, set_values: Callable[[dict[str, np.ndarray]], None]) -> Gru:
    sizes = {
        "rows": 2,
        "dim": 1,
        "hidden": 1,
        "directions": 1,
        "head": (),
        "labels": 1,
        "gate_bits": gate_bits,
    }
    values = {name: np.zeros(shape, np.float32) for name, shape in Gru.shapes(sizes).items()}
    set_values(values)
    return Gru.from_weights(sizes, {name: Dense.encode(v) for name, v in values.items()})


def test_integer_gates_by_hand() -> None:
    # The word is 1. z = sigmoid(0) = 128/256, n = tanh(1 * 1) = .7616 -> 97/128.
    # h1 = .5 * 97/128 = 48.5/128, and ties go to even: 48/128.
    # r = .5; n = tanh(1 + .5 * h1) = tanh(1.1875) = .8298 -> 106/128.
    # h2 = .5 * 106/128 + .5 * 48/128 = 77/128.
    def set_values(values: dict[str, np.ndarray]) -> None:
        values["embedding"][1] = 1
        values["gru.0.input"][2] = 1
        values["gru.0.hidden"][2] = 1

    gru = one_unit(8, set_values)
    assert gru.last_states(Batch.from_lists([[1]])) * 128 == 48
    assert gru.last_states(Batch.from_lists([[1, 1]])) * 128 == 77


def test_the_recurrent_bias_is_inside_the_reset_gate() -> None:
    # r = sigmoid(-20) = 0: a bias of the recurrent candidate has no effect, unlike the input's.
    def set_values(values: dict[str, np.ndarray]) -> None:
        values["gru.0.input_bias"][0, 0] = -20
        values["gru.0.hidden_bias"][0, 2] = 5

    assert abs(one_unit(32, set_values).last_states(Batch.from_lists([[1]]))[0, 0]) < 1e-6


@given(texts=texts_strategy, seed=st.integers(0, 1000))
def test_integer_gates_stay_near_the_float_ones(texts: list[list[int]], seed: int) -> None:
    values = {name: Dense.encode(w.values / 2) for name, w in weights(SIZES, seed).items()}
    batch = Batch.from_lists(texts)
    exact = Gru.from_weights(SIZES, values).last_states(batch)
    states = Gru.from_weights({**SIZES, "gate_bits": 8}, values).last_states(batch)
    np.testing.assert_array_equal(states * 128, np.rint(states * 128))
    assert np.abs(states - exact).max() < 0.06


@pytest.mark.parametrize(
    "change",
    [
        {"directions": 3},
        {"gate_bits": 16},
        {"hidden": 0},
        {"head": 5},
        {"head": (0,)},
        {"surplus": 1},
    ],
)
def test_sizes_that_are_not_valid_are_refused(change: dict) -> None:
    with pytest.raises(LayoutError):
        Gru.shapes({**SIZES, **change})


def test_a_folded_input_product_gives_the_same_states() -> None:
    plain = weights(SIZES)
    table = plain["embedding"].values
    gates = [
        table @ plain[f"gru.{i}.input"].values.T + plain[f"gru.{i}.input_bias"].values
        for i in range(2)
    ]
    kept = {name: w for name, w in plain.items() if ".input" not in name}
    folded = {**kept, "embedding": Dense.encode(np.concatenate(gates, axis=1))}
    batch = Batch.from_lists([[0, 1, 4], [2], [6, 6]])
    expected = Gru.from_weights(SIZES, plain).last_states(batch)
    found = Gru.from_weights({**SIZES, "dim": 18, "folded": 1}, folded).last_states(batch)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)

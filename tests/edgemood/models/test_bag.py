"""The bag of words, by hand."""

import numpy as np
import pytest

from edgemood.encodings import Dense
from edgemood.errors import LayoutError
from edgemood.models import Bag, Batch

SIZES = {"rows": 5, "dim": 3, "hidden": (4,), "labels": 2}


def weights(seed: int = 0) -> dict[str, Dense]:
    generator = np.random.default_rng(seed)
    return {
        name: Dense.encode(generator.normal(size=shape).astype(np.float32))
        for name, shape in Bag.shapes(SIZES).items()
    }


def test_by_hand() -> None:
    # Mean of (2, 0) and (0, 4) is (1, 2); ReLU(1*1 - 1*2 + 0.5) = 0 and ReLU(1 + 2) = 3.
    bag = Bag.from_weights(
        {"rows": 2, "dim": 2, "hidden": (2,), "labels": 1},
        {
            "embedding": Dense.encode(np.array([[2, 0], [0, 4]], np.float32)),
            "layers.0.weight": Dense.encode(np.array([[1, -1], [1, 1]], np.float32)),
            "layers.0.bias": Dense.encode(np.array([[0.5, 0]], np.float32)),
            "layers.1.weight": Dense.encode(np.array([[10, 2]], np.float32)),
            "layers.1.bias": Dense.encode(np.array([[-1]], np.float32)),
        },
    )
    assert bag.logits(Batch.from_lists([[0, 1]])).tolist() == [[5]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"layers.0.bias": None}, "weights"),
        ({"layers.0.weight": np.zeros((4, 2), np.float32)}, r"layers\.0\.weight .*shape"),
        ({"embedding": np.zeros((4, 3), np.float32)}, r"embedding .*shape"),
        ({"extra": np.zeros((1, 1), np.float32)}, "weights"),
    ],
)
def test_weights_of_another_name_or_shape_are_refused(change: dict, problem: str) -> None:
    given_weights = dict(weights())
    for name, values in change.items():
        if values is None:
            del given_weights[name]
        else:
            given_weights[name] = Dense.encode(values)
    with pytest.raises(LayoutError, match=problem):
        Bag.from_weights(SIZES, given_weights)


@pytest.mark.parametrize(
    "sizes",
    [
        {**SIZES, "dim": 0},
        {**SIZES, "dim": (3,)},
        {**SIZES, "hidden": 4},
        {**SIZES, "surplus": 1},
        {"rows": 5},
    ],
)
def test_sizes_that_are_not_valid_are_refused(sizes: dict) -> None:
    with pytest.raises(LayoutError):
        Bag.from_weights(sizes, weights())


def test_a_folded_first_layer_gives_the_same_logits() -> None:
    plain = weights()
    table, first = plain["embedding"].values, plain["layers.0.weight"].values
    folded = {
        "embedding": Dense.encode(table @ first.T + plain["layers.0.bias"].values),
        "layers.0.weight": plain["layers.1.weight"],
        "layers.0.bias": plain["layers.1.bias"],
    }
    batch = Batch.from_lists([[0, 1, 4], [2]])
    expected = Bag.from_weights(SIZES, plain).logits(batch)
    found = Bag.from_weights({**SIZES, "dim": 4, "folded": 1}, folded).logits(batch)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_folded_table_as_wide_as_the_first_layer() -> None:
    with pytest.raises(LayoutError, match="4"):
        Bag.shapes({**SIZES, "folded": 1})

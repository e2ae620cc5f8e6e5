"""What every architecture guarantees, for the whole table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import Dense
from edgemood.errors import LayoutError, UnknownNameError
from edgemood.models import MODELS, Batch, Sizes

ROWS, LABELS = 7, 3
EXAMPLES: dict[str, tuple[str, Sizes]] = {
    "bag": ("bag", {"dim": 4, "hidden": (5,)}),
    "bag, linear": ("bag", {"dim": 4, "hidden": ()}),
    "bag, folded": ("bag", {"dim": 5, "hidden": (5, 2), "folded": 1}),
    "bag, linear and folded": ("bag", {"dim": LABELS, "hidden": (), "folded": 1}),
    "gru": ("gru", {"dim": 4, "hidden": 3, "directions": 1, "head": (), "gate_bits": 32}),
    "gru, two directions": (
        "gru",
        {"dim": 4, "hidden": 3, "directions": 2, "head": (5,), "gate_bits": 32},
    ),
    "gru, folded": (
        "gru",
        {"dim": 18, "hidden": 3, "directions": 2, "head": (), "gate_bits": 32, "folded": 1},
    ),
}
examples = pytest.mark.parametrize(
    ("architecture", "sizes"), EXAMPLES.values(), ids=EXAMPLES.keys()
)
texts_strategy = st.lists(
    st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=9), min_size=1, max_size=6
)


def complete(sizes: Sizes) -> dict[str, Any]:
    return {"rows": ROWS, "labels": LABELS, **sizes}


def weights_of(architecture: str, sizes: Sizes, seed: int = 0) -> dict[str, Dense]:
    generator = np.random.default_rng(seed)
    shapes: Mapping[str, tuple[int, int]] = MODELS[architecture].shapes(complete(sizes))
    return {
        name: Dense.encode(generator.normal(size=shape).astype(np.float32))
        for name, shape in shapes.items()
    }


def test_every_architecture_is_tested() -> None:
    assert {architecture for architecture, _ in EXAMPLES.values()} == set(MODELS)


def test_an_unknown_architecture_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=", ".join(MODELS)):
        MODELS["nope"]


@examples
@given(texts=texts_strategy, seed=st.integers(0, 1000))
def test_other_texts_of_a_batch_do_not_change_the_logits(
    architecture: str, sizes: Sizes, texts: list[list[int]], seed: int
) -> None:
    weights = weights_of(architecture, sizes, seed)
    model = MODELS[architecture].from_weights(complete(sizes), weights)
    together = model.logits(Batch.from_lists(texts))
    assert (together.shape, together.dtype) == ((len(texts), LABELS), np.float32)
    alone = np.concatenate([model.logits(Batch.from_lists([text])) for text in texts])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


@examples
def test_the_token_table_has_the_stated_shape(architecture: str, sizes: Sizes) -> None:
    shapes = MODELS[architecture].shapes(complete(sizes))
    assert shapes["embedding"] == (ROWS, sizes["dim"])


@examples
def test_missing_unknown_and_misshapen_weights_are_refused(architecture: str, sizes: Sizes) -> None:
    model, weights = MODELS[architecture], weights_of(architecture, sizes)
    model.from_weights(complete(sizes), weights)
    other = Dense.encode(np.zeros((99, 99), np.float32))
    for name in weights:
        with pytest.raises(LayoutError, match=name):
            model.from_weights(complete(sizes), {n: w for n, w in weights.items() if n != name})
        with pytest.raises(LayoutError, match=name):
            model.from_weights(complete(sizes), {**weights, name: other})
    with pytest.raises(LayoutError, match="surplus"):
        model.from_weights(complete(sizes), {**weights, "surplus": other})


@examples
def test_missing_and_unknown_sizes_are_refused(architecture: str, sizes: Sizes) -> None:
    required = complete(sizes).keys() - {"folded"}
    for name in required:
        with pytest.raises(LayoutError, match=name):
            MODELS[architecture].shapes({n: s for n, s in complete(sizes).items() if n != name})
    with pytest.raises(LayoutError, match="surplus"):
        MODELS[architecture].shapes({**complete(sizes), "surplus": 1})


@examples
def test_memory_does_not_grow_with_use(architecture: str, sizes: Sizes) -> None:
    model = MODELS[architecture].from_weights(complete(sizes), weights_of(architecture, sizes))
    before = dict(model.resident_bytes)
    model.logits(Batch.from_lists([[0, 1, 2], [3]]))
    assert dict(model.resident_bytes) == before

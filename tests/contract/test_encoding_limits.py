"""Memory and magnitudes that every encoding states, for the whole table."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import Dense, Weight
from edgemood.encodings.bounds import LARGEST, column_bounds
from edgemood.encodings.memory import BLOCK_ITEMS, in_blocks
from edgemood.errors import LayoutError
from tests.contract import test_encodings

Encode = Callable[[np.ndarray], Weight]
EXAMPLES = {**test_encodings.EXAMPLES, **test_encodings.MADE_OF_PARTS}
examples = pytest.mark.parametrize("encode", EXAMPLES.values(), ids=EXAMPLES.keys())
SLACK = 64 * 2**10
"""Bytes of Python objects."""


def peak(run: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@examples
@pytest.mark.parametrize("shape", [(300, 400), (3, 30_000), (30_000, 3)])
def test_uses_take_no_more_memory_than_stated(encode: Encode, shape: tuple[int, int]) -> None:
    values = np.resize(np.linspace(-2, 2, 97, dtype=np.float32), shape)
    weight = encode(values)
    memory, (rows, columns) = weight.memory, shape
    ids = np.zeros(50, np.int32)
    assert peak(lambda: weight.rows(ids)) <= memory.table + memory.block + 50 * memory.row + SLACK
    whole = encode(values)
    inputs = np.ones((20, columns), np.float32)
    assert peak(lambda: whole.matmul(inputs)) <= memory.layer + 20 * memory.input + SLACK
    assert peak(lambda: whole.bounds(np.ones(columns))) <= memory.layer + SLACK
    assert memory.layer <= 120 * rows * columns  # the bound must not refuse what is harmless


@examples
@given(seed=st.integers(0, 2**32 - 1))
def test_no_product_exceeds_its_bounds(encode: Encode, seed: int) -> None:
    values = test_encodings.values_of(seed)
    weight, generator = encode(values), np.random.default_rng(seed)
    limits = generator.exponential(3, size=weight.shape[1])
    x = (generator.uniform(-1, 1, size=(20, weight.shape[1])) * limits).astype(np.float32)
    x[0] = limits
    assert (np.abs(weight.matmul(x)) <= weight.bounds(limits) * (1 + 1e-5) + 1e-5).all()
    every = np.arange(weight.shape[0], dtype=np.int32)
    np.testing.assert_allclose(column_bounds(weight), np.abs(weight.rows(every)).max(axis=0))


@examples
def test_blocks_change_no_bit(encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(40, 10)).astype(np.float32)
    ids = np.random.default_rng(1).integers(0, 40, size=200).astype(np.int32)
    whole = encode(values).rows(ids)
    for items in (1, 10, 35, 1999):
        for module in ("memory", "mask", "bounds", "codebook", "sparse_codebook"):
            monkeypatch.setattr(f"edgemood.encodings.{module}.BLOCK_ITEMS", items)
        again = encode(values)
        assert again.rows(ids).tobytes() == whole.tobytes()
        assert again.bounds(np.ones(10)).shape == (40,)


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e31])
def test_bounds_that_are_too_large(value: float) -> None:
    table = Dense(np.array([[0, value]], np.float32))
    with pytest.raises(LayoutError, match="not numbers"):
        column_bounds(table)
    with pytest.raises(LayoutError, match="not numbers"):
        table.bounds(np.ones(2))
    with pytest.raises(LayoutError, match="not numbers"):
        Dense(np.ones((1, 2), np.float32)).bounds(np.full(2, LARGEST))


def test_a_few_rows_are_decoded_at_once() -> None:
    calls = []

    def decode(ids: np.ndarray) -> np.ndarray:
        calls.append(len(ids))
        return np.zeros((len(ids), 64), np.float32)

    for count in (0, BLOCK_ITEMS // 64, BLOCK_ITEMS // 64 + 1):
        assert in_blocks(decode, np.zeros(count, np.int32), 64).shape == (count, 64)
    assert calls == [0, 1024, 1024, 1]

"""Steps of a GRU: their order, their grids, and each step against the formula."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgemood.models.gru.recurrence import SIGMOID_GRID, TANH_GRID, PackedOrder, rounding_constants
from edgemood.quantization.affine import dequantize, full_range, quantize

lengths_strategy = st.lists(st.integers(1, 7), min_size=1, max_size=8)


@given(lengths=lengths_strategy)
def test_packed_words_are_those_of_each_step(lengths: list[int]) -> None:
    packed = PackedOrder.of(np.array(lengths, np.int32))
    texts, position = [], 0
    for length in lengths:
        texts.append(list(range(position, position + length)))
        position += length
    longest_first = sorted(texts, key=len, reverse=True)
    assert [texts[i] for i in packed.texts] == longest_first  # both sorts are stable
    forward, backward = [], []
    for t in range(max(lengths)):
        taking_part = [text for text in longest_first if len(text) > t]
        assert packed.batch_sizes[t] == len(taking_part)
        forward += [text[t] for text in taking_part]
        backward += [text[-1 - t] for text in taking_part]
    words = np.arange(position, dtype=np.float32)[:, None].repeat(6, axis=1)
    packed.pack(words, directions=2)
    assert words[:, [0, 2, 4]].T.tolist() == [forward] * 3
    assert words[:, [1, 3, 5]].T.tolist() == [backward] * 3


@given(reals=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50))
def test_rounding_is_that_of_the_grids(reals: list[float]) -> None:
    x = np.array(reals, np.float32)
    for grid, real, (offset, highest) in (
        (TANH_GRID, x, rounding_constants(TANH_GRID)),
        (SIGMOID_GRID, (x + np.float32(1)) / np.float32(2), rounding_constants(SIGMOID_GRID)),
    ):
        wanted = dequantize(quantize(real, grid, full_range(8)), grid)
        np.testing.assert_array_equal(np.minimum((real + offset) - offset, highest), wanted)

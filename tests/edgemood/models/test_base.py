"""Batches of texts, and the logistic function."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgemood.models import Batch
from edgemood.models.base import sigmoid

ragged = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=12)


@given(ragged, st.integers(1, 15))
def test_chunks_are_the_batch_in_pieces_cut_between_texts(
    texts: list[list[int]], limit: int
) -> None:
    batch = Batch.from_lists(texts)
    chunks = list(batch.chunks(limit))
    np.testing.assert_array_equal(np.concatenate([c.ids for c in chunks]), batch.ids)
    np.testing.assert_array_equal(np.concatenate([c.lengths for c in chunks]), batch.lengths)
    for chunk in chunks:
        assert chunk.lengths.sum() == len(chunk.ids)
        assert len(chunk.ids) <= limit or len(chunk.lengths) == 1
    for chunk, following in pairwise(chunks):
        assert len(chunk.ids) + following.lengths[0] > limit  # none could have been longer


def test_starts_are_the_first_tokens() -> None:
    batch = Batch.from_lists([[5, 6], [7], [8, 9]])
    assert batch.ids[batch.starts].tolist() == [5, 7, 8]


@given(st.floats(-100, 100, width=32))
def test_sigmoid_is_the_logistic_function(x: float) -> None:
    score = sigmoid(np.array([x, -x], np.float32))
    np.testing.assert_allclose(score, 1 / (1 + np.exp([-x, x])), atol=1e-6)
    np.testing.assert_allclose(score.sum(), 1, atol=1e-6)

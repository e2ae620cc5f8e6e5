from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgemood.models import Batch

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

"""Sparse matrices, by hand and by their size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import Sparse
from edgemood.errors import LayoutError


def test_by_hand() -> None:
    weight = np.array([[0, 2, 0], [0, 0, 0], [5, 0, -1]], np.float32)
    sparse = Sparse.encode(weight)
    assert sparse.mask.packed.ravel().tolist() == [0b010, 0b000, 0b101]
    assert sparse.values.tolist() == [2, 5, -1]
    assert sparse.rows(np.array([2, 1, 0, 2], np.int32)).tolist() == [
        [5, 0, -1],
        [0, 0, 0],
        [0, 2, 0],
        [5, 0, -1],
    ]


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_smaller_than_dense_compares_the_bytes(seed: int, share: float) -> None:
    generator = np.random.default_rng(seed)
    weight = generator.normal(size=generator.integers(1, 20, size=2)).astype(np.float32)
    weight[generator.random(weight.shape) < share] = 0
    for bits in (32, 16):
        size = sum(array.nbytes for array in Sparse.encode(weight, bits=bits).arrays().values())
        dense = weight.size * bits // 8
        assert Sparse.smaller_than_dense(weight, bits=bits) == (size < dense)


def test_as_many_values_as_the_mask_selects() -> None:
    sparse = Sparse.encode(np.array([[1, 0, 2]], np.float32))
    fewer = {**sparse.arrays(), "values": sparse.values[:1]}
    with pytest.raises(LayoutError, match=r"values .*\(2,\)"):
        Sparse.from_stored((1, 3), sparse.settings(), fewer)

"""Masks of sparse matrices against numpy's own selection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgemood.encodings.mask import Mask
from edgemood.errors import LayoutError

matrices = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=20),
    elements=st.sampled_from([0, 0, 1, -2]),
)


def test_by_hand() -> None:
    mask = Mask.of(np.array([[0, 7, 0], [5, 0, -1]], np.float32))
    assert mask.packed.ravel().tolist() == [0b010, 0b101]
    assert (mask.shape, mask.count) == ((2, 3), 3)
    kept, positions = mask.positions(np.array([1, 0], np.int32))
    assert kept.tolist() == [[True, False, True], [False, True, False]]
    assert positions.tolist() == [1, 2, 0]


@given(weight=matrices, seed=st.integers(0, 1000))
def test_positions_select_the_values_of_each_row(weight: np.ndarray, seed: int) -> None:
    mask, values = Mask.of(weight), weight[weight != 0]
    ids = np.random.default_rng(seed).integers(0, len(weight), size=5).astype(np.int32)
    kept, positions = mask.positions(ids)
    np.testing.assert_array_equal(kept, weight[ids] != 0)
    np.testing.assert_array_equal(values[positions], weight[ids][kept])
    assert mask.count == len(values)


@given(weight=matrices)
def test_codes_are_the_bits(weight: np.ndarray) -> None:
    values, bits = Mask.of(weight).codes()
    assert bits == 1
    np.testing.assert_array_equal(values, weight != 0)


def test_row_starts_are_counted_once_they_exist() -> None:
    mask = Mask.of(np.eye(3, dtype=np.float32))
    assert mask.index_bytes == 0
    mask.positions(np.array([0], np.int32))
    assert mask.index_bytes == 3 * 8


@pytest.mark.parametrize("packed", [np.zeros((2, 2), np.uint8), np.zeros((2, 1), np.uint16)])
def test_a_mask_of_another_shape_or_dtype_is_refused(packed: np.ndarray) -> None:
    Mask.from_stored(np.zeros((2, 1), np.uint8), (2, 8))
    with pytest.raises(LayoutError, match="mask"):
        Mask.from_stored(packed, (2, 8))

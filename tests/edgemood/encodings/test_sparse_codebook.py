"""Sparse matrices of clustered values, by hand."""

import numpy as np
import pytest

from edgemood.encodings import SparseCodebook
from edgemood.errors import LayoutError


def test_by_hand() -> None:
    # Four centroids, two bits each: -1 is 0, 0.5 is 1, 2 is 2, 4 is 3; the stream is 3, 0, 1.
    centroids = np.array([-1, 0.5, 2, 4], np.float32)
    weight = SparseCodebook.encode(np.array([[0, 4], [0, 0], [-1, 0.5]], np.float32), centroids)
    assert weight.mask.packed.ravel().tolist() == [0b10, 0b00, 0b11]
    assert weight.packed.tolist() == [0b01_00_11]
    assert weight.rows(np.array([2, 1, 0], np.int32)).tolist() == [[-1, 0.5], [0, 0], [0, 4]]
    assert weight.matmul(np.array([[1, 10]], np.float32)).tolist() == [[40, 0, 4]]


@pytest.mark.parametrize(
    ("values", "centroids"), [([0.3], [0.5]), ([0.0], [0.0, 1.0]), ([9.0], [1.0, 2.0])]
)
def test_only_zero_and_centroids_can_be_stored(values: list[float], centroids: list[float]) -> None:
    with pytest.raises(ValueError, match="centroid"):
        SparseCodebook.encode(np.array([values], np.float32), np.array(centroids, np.float32))


def test_an_index_past_the_centroids_is_refused() -> None:
    centroids = np.array([-1, 0.5, 2], np.float32)
    weight = SparseCodebook.encode(np.array([[2, -1]], np.float32), centroids)
    arrays = {**weight.arrays(), "packed": np.array([0b1111], np.uint8)}
    with pytest.raises(LayoutError, match="3 centroids"):
        SparseCodebook.from_stored((1, 2), weight.settings(), arrays)

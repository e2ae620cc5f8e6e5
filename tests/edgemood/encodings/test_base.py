"""The float32 copy of an encoding that expands."""

import numpy as np

from edgemood.encodings import Codebook
from edgemood.encodings.base import cached_bytes


def test_the_copy_is_made_at_the_first_product_and_counted() -> None:
    weight = Codebook.encode(np.array([[0, 1, 1]]), np.array([2, 3], np.float32))
    stored = sum(array.nbytes for array in weight.arrays().values())
    weight.rows(np.zeros(1, np.int32))
    assert weight.as_float_product().matrix.tolist() == [[2], [3], [3]]
    assert weight.resident_bytes == stored
    assert weight.matmul(np.ones((1, 3), np.float32)).tolist() == [[8]]
    assert weight.resident_bytes == stored + 3 * 4


def test_cached_bytes_of_properties_that_were_not_read() -> None:
    class Weight:
        pass

    weight = Weight()
    assert cached_bytes(weight, "_expanded") == 0
    weight._expanded = np.zeros(5, np.float32)
    assert cached_bytes(weight, "_expanded", "_row_sums") == 20

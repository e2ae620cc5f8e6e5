"""Indices into centroids, against sums over grouped inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import Codebook
from edgemood.encodings.codebook import index_bits
from edgemood.errors import LayoutError


def test_index_bits() -> None:
    assert [index_bits(k) for k in (1, 2, 3, 16, 17, 64, 100, 128, 256)] == [
        1,
        1,
        2,
        4,
        5,
        6,
        7,
        7,
        8,
    ]


def test_by_hand() -> None:
    # w = [c0 c1 c1], so w.x = c0 * x0 + c1 * (x1 + x2).
    weight = Codebook.encode(np.array([[0, 1, 1]]), np.array([0.5, -2], np.float32))
    assert weight.matmul(np.array([[2, 3, 4]], np.float32)).tolist() == [[0.5 * 2 - 2 * 7]]


@given(st.integers(0, 2**32 - 1))
def test_a_product_is_the_sum_over_centroids_of_grouped_inputs(seed: int) -> None:
    generator = np.random.default_rng(seed)
    centroids = generator.normal(size=7).astype(np.float32)
    indices = generator.integers(0, 7, size=(3, 20))
    x = generator.normal(size=20).astype(np.float32)
    grouped = [[x[row == k].sum() for k in range(7)] for row in indices]
    product = Codebook.encode(indices, centroids).matmul(x[None])
    np.testing.assert_allclose(product[0], np.array(grouped) @ centroids, rtol=1e-4, atol=1e-5)


def test_a_table_stays_packed_when_rows_are_read() -> None:
    weight = Codebook.encode(np.zeros((100, 16), int), np.zeros(16, np.float32))
    before = weight.resident_bytes
    weight.rows(np.array([5, 5, 7], np.int32))
    assert weight.resident_bytes == before == 100 * 8 + 64


def test_indices_past_the_centroids_are_refused() -> None:
    centroids = np.zeros(5, np.float32)
    with pytest.raises(ValueError, match="5"):
        Codebook.encode(np.array([[5]]), centroids)
    stored = Codebook.encode(np.array([[4]]), centroids)
    damaged = {**stored.arrays(), "packed": np.array([[7]], np.uint8)}
    with pytest.raises(LayoutError, match="5 centroids"):
        Codebook.from_stored((1, 1), stored.settings(), damaged)


@pytest.mark.parametrize("count", [0, 257])
def test_too_few_or_too_many_centroids_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 256"):
        Codebook.encode(np.array([[0]]), np.zeros(count, np.float32))

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.quantizers.clusters import (
    assign,
    starting_centroids,
    within_cluster_sum_of_squares,
)

VALUES = np.array([[-1.0, 0.0, 0.1], [0.2, 0.3, 3.0]], dtype=np.float32)


def test_linear_by_hand() -> None:
    assert starting_centroids(VALUES, 5, start="linear", seed=0).tolist() == [-1, 0, 1, 2, 3]


def test_quantile_assigns_equally_many_weights_to_each() -> None:
    values = np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32)
    centroids = starting_centroids(values, 8, start="quantile", seed=0)
    counts = np.bincount(assign(values, centroids).ravel())
    assert counts.min() > 0.6 * values.size / 8


def test_k_means_finds_separated_clusters() -> None:
    generator = np.random.default_rng(1)
    values = np.concatenate([c + generator.normal(scale=0.01, size=50) for c in (-2, 0, 5)])
    centroids = starting_centroids(values.astype(np.float32), 3, start="k-means++", seed=0)
    np.testing.assert_allclose(centroids, [-2, 0, 5], atol=0.02)


def test_k_means_has_the_smallest_sum_of_squares() -> None:
    values = np.random.default_rng(2).standard_t(3, size=5000).astype(np.float32)
    errors = {
        start: within_cluster_sum_of_squares(
            values, starting_centroids(values, 16, start=start, seed=0)
        )
        for start in ("linear", "quantile", "k-means++")
    }
    assert min(errors, key=errors.__getitem__) == "k-means++"


@pytest.mark.parametrize("start", ["linear", "quantile", "k-means++"])
def test_initial_centroids_are_ascending_deterministic_and_defined_for_equal_weights(
    start: str,
) -> None:
    for values in (VALUES, np.full((3, 3), 0.5, np.float32)):
        first = starting_centroids(values, 4, start=start, seed=3)
        assert first.shape == (4,)
        assert (np.diff(first) >= 0).all()
        np.testing.assert_array_equal(first, starting_centroids(values, 4, start=start, seed=3))


@given(st.integers(0, 2**32 - 1))
def test_assign_is_the_nearest_centroid(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(4, 5)).astype(np.float32)
    centroids = np.sort(generator.normal(size=6)).astype(np.float32)
    distance = np.abs(values[..., None].astype(np.float64) - centroids)
    chosen = np.take_along_axis(distance, assign(values, centroids)[..., None], axis=-1)[..., 0]
    np.testing.assert_array_equal(chosen, distance.min(axis=-1))


def test_one_centroid_is_the_mean() -> None:
    values = np.array([-3, 1, 2, 3], dtype=np.float32)
    for start in ("linear", "quantile", "k-means++"):
        assert starting_centroids(values, 1, start=start, seed=0).tolist() == [0.75]

"""One-dimensional clustering of weights: initial centroids, and the assignment of weights."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32

Start = Literal["linear", "quantile", "k-means++"]
SAMPLE = 20_000
"""The most weights that k-means uses; a table has a million."""


def starting_centroids(values: Float32, k: int, *, start: Start, seed: int) -> Float32:
    """Centroids before training (Murillo & Su, section 8).

    `linear` spaces them evenly from the smallest to the largest weight. `quantile` assigns equally
    many weights to each. `k-means++` draws them far apart and improves them by Lloyd's iterations.

    Args:
        values: any shape.
        k: how many.
        start: how.
        seed: of k-means++.

    Returns:
        Ascending. *Shape:* `(k,)`.
    """
    flat = np.sort(values.astype(np.float64), axis=None)
    if k == 1:
        return np.array([flat.mean()], dtype=np.float32)  # it minimises the sum of squares
    if start == "linear":
        return np.linspace(flat[0], flat[-1], k).astype(np.float32)
    if start == "quantile":
        return np.quantile(flat, (np.arange(k) + 0.5) / k).astype(np.float32)
    return _k_means(flat, k, np.random.default_rng(seed)).astype(np.float32)


def assign(values: Float32, ascending: Float32) -> NDArray[np.integer[Any]]:
    """The nearest centroid of each weight; of two equally near, the lower one.

    Args:
        values: any shape.
        ascending: centroids in order. *Shape:* `(k,)`.

    Returns:
        Indices in the shape of `values`.
    """
    wide = ascending.astype(np.float64)
    middles = (wide[1:] + wide[:-1]) / 2
    return np.searchsorted(middles, values.astype(np.float64), side="left")


def within_cluster_sum_of_squares(values: Float32, ascending: Float32) -> float:
    """What clustering minimises."""
    return float(((values.astype(np.float64) - ascending[assign(values, ascending)]) ** 2).sum())


def _k_means(
    flat: NDArray[np.float64], k: int, generator: np.random.Generator, *, iterations: int = 25
) -> NDArray[np.float64]:
    if len(flat) > SAMPLE:
        flat = np.sort(generator.choice(flat, SAMPLE, replace=False))
    centroids = np.array([generator.choice(flat)])
    while len(centroids) < k:
        distance = np.abs(flat[:, None] - centroids[None]).min(axis=1) ** 2
        total = distance.sum()
        chance = distance / total if total > 0 else None  # fewer distinct values than centroids
        centroids = np.append(centroids, generator.choice(flat, p=chance))
    for _ in range(iterations):
        centroids.sort()
        nearest = np.searchsorted((centroids[1:] + centroids[:-1]) / 2, flat, side="left")
        count = np.bincount(nearest, minlength=k)
        total = np.bincount(nearest, weights=flat, minlength=k)
        centroids = np.where(count > 0, total / np.maximum(count, 1), centroids)
    return np.sort(centroids)

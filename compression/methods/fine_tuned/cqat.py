"""Clustering quantisation-aware training: a look-up table of centroids for each weight."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field

from compression.methods.fine_tuned.base import FineTuned
from compression.networks import Matrix
from compression.quantizers.clusters import Start, starting_centroids
from compression.quantizers.fake_quant import ClusteredWeight, WeightQuantizer, largest_magnitudes
from compression.tensors import to_numpy


class Cqat(FineTuned):
    """k centroids for each weight, learned with it (Murillo & Su, section 8).

    With a sparsity, that share of the smallest weights is 0 from the start and stays so, and the
    centroids serve the others (sparsity-preserving clustering).
    """

    method: ClassVar[str] = "cqat"
    clusters: Annotated[int, Field(ge=2, le=256)] = 64
    start: Start = "linear"
    sparsity: Annotated[float, Field(ge=0, lt=1, description="share of zeros")] = 0.0

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        mask = largest_magnitudes(matrix.values, 1 - self.sparsity).bool()
        values = to_numpy(matrix.values[mask])
        # The centroid at 0 is one of k.
        k = min(self.clusters - bool(self.sparsity), values.size)
        centroids = starting_centroids(values, k, start=self.start, seed=seed)
        kept = mask if self.sparsity else None
        return ClusteredWeight(torch.from_numpy(centroids), mask=kept)

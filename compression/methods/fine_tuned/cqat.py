"""Cluster-aware training (CQAT): each weight is stored as indices into its centroids."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field

from compression.methods.fine_tuning import FineTuned
from compression.networks import Matrix
from compression.quantizers.clusters import Start, starting_centroids
from compression.quantizers.fake_quant import ClusteredWeight, WeightQuantizer, largest_magnitudes
from compression.tensors import to_numpy


class Cqat(FineTuned):
    """k centroids for each weight, learned with it (Murillo & Su, section 8).

    With a sparsity, that share of the smallest weights is 0 before and after training, and the
    centroids represent the others (sparsity-preserving clustering).
    """

    method: ClassVar[str] = "cqat"
    clusters: Annotated[int, Field(ge=2, le=256)] = 64
    start: Start = "linear"
    sparsity: Annotated[float, Field(ge=0, lt=1, description="share of zeros")] = 0.0

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        mask = largest_magnitudes(matrix.values, 1 - self.sparsity).bool()
        values = to_numpy(matrix.values[mask])
        # With zeros, one of the k table entries is 0.
        k = min(self.clusters - bool(self.sparsity), values.size)
        centroids = starting_centroids(values, k, start=self.start, seed=seed)
        kept = mask if self.sparsity else None
        return ClusteredWeight(torch.from_numpy(centroids), mask=kept)

"""Clustering quantisation-aware training: a look-up table of centroids for each weight."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field

from compression.clusters import Start, starting_centroids
from compression.export import to_numpy
from compression.fake_quant import ClusteredWeight, WeightQuantizer
from compression.methods.finetuned import FineTuned
from compression.modules import Matrix


class Cqat(FineTuned):
    """k centroids for each weight, learned with it (Murillo & Su, section 8)."""

    method: ClassVar[str] = "cqat"
    clusters: Annotated[int, Field(ge=2, le=256)] = 64
    start: Start = "linear"

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        values = to_numpy(matrix.values)
        k = min(self.clusters, values.size)
        centroids = starting_centroids(values, k, start=self.start, seed=seed)
        return ClusteredWeight(torch.from_numpy(centroids))

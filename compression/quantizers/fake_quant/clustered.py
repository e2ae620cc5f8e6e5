"""Clustered weights: a few learned values for all weights, optionally with fixed zeros."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from compression.quantizers.clusters import assign
from compression.quantizers.fake_quant.base import WeightQuantizer
from compression.quantizers.fake_quant.buckets import bucketize, rounded_down
from compression.tensors import to_numpy
from edgemood.arrays import Float32
from edgemood.encodings import Codebook, SparseCodebook, Weight
from edgemood.quantization.input_quantization import InputQuantization

MAX_CLUSTERS = 256
_ANY = np.ones(1, dtype=np.float32)
"""A placeholder table for a matrix of zeros."""


class ClusteredWeight(WeightQuantizer):
    """Replaces every weight by its nearest centroid (Murillo & Su, section 8: CQAT).

    Each step assigns the original weights to centroids again. The gradient of a centroid is the sum
    of the gradients of its weights; the original weights get theirs straight through.

    With a mask the weights outside it are 0 and stay 0, forward and backward: sparsity-preserving
    clustering (PCQAT), whose centroid at 0 is the mask.
    """

    mask: Tensor | None

    def __init__(self, centroids: Tensor, *, mask: Tensor | None = None) -> None:
        super().__init__()
        self.centroids = nn.Parameter(centroids.detach().clone())
        self.register_buffer("mask", mask, persistent=False)  # it never changes

    def forward(self, x: Tensor) -> Tensor:
        ordered = torch.sort(self.centroids).values
        quantized: Tensor = _clustered(x, ordered)
        return quantized if self.mask is None else torch.where(self.mask, quantized, 0.0)

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        ordered = np.sort(to_numpy(self.centroids))
        indices = assign(to_numpy(values), ordered)
        if self.mask is None:
            return Codebook.encode(indices, ordered, input_quantization=activations)
        kept = np.where(self.mask.numpy(), ordered[indices], np.float32(0))
        # The mask already represents a centroid at exactly 0.
        centroids = np.unique(ordered[ordered != 0])
        return _clustered_sparse(kept, centroids if len(centroids) else _ANY, activations)


def _clustered_sparse(kept: Float32, centroids: Float32, activations: InputQuantization) -> Weight:
    """The smaller of two encodings: a mask with indices, or indices of which one means 0."""
    sparse = SparseCodebook.encode(kept, centroids, input_quantization=activations)
    if len(centroids) >= MAX_CLUSTERS:
        return sparse
    table = np.sort(np.append(centroids, np.float32(0)))
    dense = Codebook.encode(np.searchsorted(table, kept), table, input_quantization=activations)
    sizes = [sum(a.nbytes for a in weight.arrays().values()) for weight in (sparse, dense)]
    return sparse if sizes[0] <= sizes[1] else dense


class _ClusteredFunction(torch.autograd.Function):
    """d w'/d w = 1; d w'/d c_k = 1 for the weights of cluster k."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, ascending: Tensor) -> Tensor:
        wide = ascending.double()
        indices = bucketize(w, rounded_down((wide[1:] + wide[:-1]) / 2))
        ctx.save_for_backward(indices)
        ctx.clusters = len(ascending)
        return torch.index_select(ascending, 0, indices.flatten()).reshape(w.shape)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        (indices,) = ctx.saved_tensors
        by_cluster = torch.bincount(
            indices.flatten(), weights=gradient.flatten(), minlength=ctx.clusters
        )
        return gradient, by_cluster.to(gradient.dtype)


_clustered: Callable[..., Tensor] = _ClusteredFunction.apply

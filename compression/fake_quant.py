"""Quantisers for training: the forward pass sees what will be stored, gradients pass through.

Each weight quantiser promises that the matrix its `encode` stores decodes to what its `forward`
gave, bit for bit. Where a straight-through estimator is wanted, it is written
`quantised.detach() + (x - x.detach())`, whose value is exactly the quantised one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from compression.clusters import assign
from compression.export import to_numpy
from compression.modules import Quantizer
from edgemood.affine import TINY, Grid, narrow_range
from edgemood.encodings import Apot, Codebook, Dense, Integer, Sparse, Weight
from edgemood.encodings.activations import ACTIVATION_BITS, CODES, Activations
from edgemood.encodings.apot import magnitudes

RANGE_MOMENTUM = 0.01
"""How fast the observed range of an input follows the batches."""
_GRID_CELLS = 4096
_MOST_COMPARISONS = 6
_NARROWEST_GRID = 1e-20
_SHORTEST_SEGMENT = 1e-4


def straight_through(quantized: Tensor, x: Tensor) -> Tensor:
    """The value of `quantized` with the gradient of `x`."""
    return quantized.detach() + (x - x.detach())


def scaled_gradient(x: Tensor, factor: float) -> Tensor:
    """The value of `x` with its gradient multiplied."""
    return x.detach() + (x * factor - (x * factor).detach())


class WeightQuantizer(Quantizer):
    """Quantises a matrix the same way in training and in storage."""

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        """Store what `forward` gives for these values."""
        raise NotImplementedError


class MinMaxWeight(WeightQuantizer):
    """Symmetric codes over each row's largest magnitude (Murillo & Su, section 7: QAT).

    Nothing is clipped, so the straight-through gradient is 1 everywhere.
    """

    def __init__(self, *, bits: int) -> None:
        super().__init__()
        self._bits = bits

    def forward(self, x: Tensor) -> Tensor:
        codes, scale = self._codes(x)
        return straight_through(codes * scale, x)

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        return _integer(*self._codes(values), self._bits, activations)

    def _codes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        lowest, highest = narrow_range(self._bits)
        limit = x.detach().abs().amax(dim=1, keepdim=True)
        scale = torch.where(limit < float(TINY), torch.ones_like(limit), limit / highest)
        return torch.clamp(torch.round(x.detach() / scale), lowest, highest), scale


class LsqWeight(WeightQuantizer):
    """Symmetric codes with a learned step size (Esser et al., arXiv 1902.08153).

    The step starts at `2 * mean|w| / sqrt(Qp)`; its gradient is `round(w/s) - w/s` inside the range
    and the nearest end of it outside, times `1 / sqrt(N * Qp)`.
    """

    def __init__(self, values: Tensor, *, bits: int, per_row: bool) -> None:
        super().__init__()
        self._bits = bits
        self._highest = narrow_range(bits).highest
        magnitude = values.detach().abs()
        mean = magnitude.mean(dim=1, keepdim=True) if per_row else magnitude.mean().reshape(1, 1)
        self.step = nn.Parameter((2 * mean / self._highest**0.5).clamp_min(float(TINY)))
        self._factor = 1 / (values.numel() / self.step.numel() * self._highest) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        step = scaled_gradient(self.step.clamp_min(float(TINY)), self._factor)
        inside = torch.clamp(x / step, -self._highest, self._highest)
        return straight_through(torch.round(inside), inside) * step

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        step = self.step.detach().clamp_min(float(TINY))
        codes = torch.round(torch.clamp(values / step, -self._highest, self._highest))
        return _integer(codes, step, self._bits, activations)


class ClusteredWeight(WeightQuantizer):
    """Every weight stands for its nearest centroid (Murillo & Su, section 8: CQAT).

    Indices are assigned anew at each step from the original weights. A centroid's gradient is the
    sum of those of its weights; the originals take theirs straight through.
    """

    def __init__(self, centroids: Tensor) -> None:
        super().__init__()
        self.centroids = nn.Parameter(centroids.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        ordered = torch.sort(self.centroids).values
        quantized: Tensor = _clustered(x, ordered)
        return quantized

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        ordered = np.sort(to_numpy(self.centroids))
        return Codebook.encode(assign(to_numpy(values), ordered), ordered, activations=activations)


class ApotWeight(WeightQuantizer):
    """Additive powers of two with a learned alpha (arXiv 1909.13144; Murillo & Su, section 9).

    With `learned_boundaries` gradients take the generalised straight-through estimator (Liu et al.,
    arXiv 2111.14826): between two levels the quantiser counts as its mean under stochastic
    rounding, a straight line over a segment whose length is learned, and a weight changes levels in
    the segment's middle. At first each segment is as long as its levels are apart; the lines' slope
    is then 1, which is the plain estimator.
    """

    def __init__(
        self,
        alpha: Tensor,
        *,
        bits: int,
        base_bits: int,
        size: int,
        learned_boundaries: bool = False,
    ) -> None:
        """Begin with an alpha.

        Args:
            alpha: *Shape:* `(rows, 1)` or `(1, 1)`.
            bits: width of a code, sign included.
            base_bits: width of a field; divides `bits - 1`.
            size: how many weights there are; more of them make alpha slower, as with LSQ.
            learned_boundaries: whether the boundaries between levels are learned, too.
        """
        super().__init__()
        self._bits, self._base_bits = bits, base_bits
        self.alpha = nn.Parameter(alpha.detach().clone())
        self._factor = 1 / (size / alpha.numel() * (2 ** (bits - 1) - 1)) ** 0.5
        self._levels = torch.from_numpy(np.sort(magnitudes(bits, base_bits)))
        gaps = torch.diff(self._levels)
        self.segments = nn.Parameter(gaps) if learned_boundaries else None

    def forward(self, x: Tensor) -> Tensor:
        alpha = scaled_gradient(self.alpha.clamp_min(float(TINY)), self._factor)
        boundaries = _rounded_down(self._boundaries())
        if self.segments is None:
            plain: Tensor = _apot(x, alpha, self._levels, boundaries)
            return plain
        normalized = x / alpha
        hard = self._levels[bucketize(normalized.detach().abs(), boundaries)]
        soft = self._expected(normalized.abs())
        return torch.sign(normalized.detach()) * straight_through(hard, soft) * alpha

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        return Apot.encode(
            to_numpy(values),
            to_numpy(self.alpha.clamp_min(float(TINY))),
            bits=self._bits,
            base_bits=self._base_bits,
            boundaries=self._boundaries().numpy(),
            activations=activations,
        )

    def _boundaries(self) -> Tensor:
        """Where one level ends and the next begins, over alpha; float64."""
        if self.segments is None:
            return (self._levels.double()[1:] + self._levels.double()[:-1]) / 2
        lengths = self._lengths(self.segments.detach()).double()
        return torch.cumsum(lengths, 0) - lengths / 2

    def _expected(self, magnitude: Tensor) -> Tensor:
        """The mean level under stochastic rounding; constant beyond the last segment."""
        assert self.segments is not None  # noqa: S101  # called with learned boundaries only
        lengths = self._lengths(self.segments)
        starts = torch.cumsum(lengths, 0) - lengths
        inside = torch.minimum(magnitude, lengths.sum())
        j = bucketize(inside.detach(), starts.detach()[1:])
        gaps = torch.diff(self._levels)
        return self._levels[j] + (inside - starts[j]) / lengths[j] * gaps[j]

    @staticmethod
    def _lengths(segments: Tensor) -> Tensor:
        return segments.clamp_min(_SHORTEST_SEGMENT)


class PrunedWeight(WeightQuantizer):
    """Zero where the magnitude is among the smallest; the share grows on a cubic schedule.

    `s(t) = s * (1 - (1 - t / ramp)**3)` until the ramp's end (Zhu & Gupta, arXiv 1710.01878). Which
    weights are zero is decided anew at each step. In evaluation, and hence whenever an epoch is
    judged, the share is the final one.
    """

    def __init__(self, *, sparsity: float, bits: int, ramp: float) -> None:
        super().__init__()
        self._sparsity, self._bits, self._ramp = sparsity, bits, ramp
        self._progress = 0.0

    def set_progress(self, progress: float) -> None:
        self._progress = progress

    def forward(self, x: Tensor) -> Tensor:
        kept = x * self._mask(x, self.share())
        return straight_through(kept.half().float(), kept) if self._bits == 16 else kept

    def share(self) -> float:
        """The share of zeros now."""
        if not self.training or self._progress >= self._ramp:
            return self._sparsity
        return self._sparsity * (1 - (1 - self._progress / self._ramp) ** 3)

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        if activations.quantized:
            raise ValueError("pruned weights go with inputs in float32; set activations to none")
        kept = to_numpy(values * self._mask(values, self._sparsity))
        if Sparse.smaller_than_dense(kept, bits=self._bits):
            return Sparse.encode(kept, bits=self._bits)
        return Dense.encode(kept, bits=self._bits)

    @staticmethod
    def _mask(x: Tensor, share: float) -> Tensor:
        zeros = int(share * x.numel())
        if zeros == 0:
            return torch.ones_like(x)
        smallest = torch.topk(x.detach().abs().flatten(), zeros, largest=False).indices
        mask = torch.ones(x.numel())
        mask[smallest] = 0
        return mask.reshape(x.shape)


class _ApotFunction(torch.autograd.Function):
    """d w'/d w = 1 where |w| <= alpha, else 0; d w'/d alpha = q - w/alpha there, else sign(w)."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, alpha: Tensor, levels: Tensor, boundaries: Tensor) -> Tensor:
        normalized = w / alpha
        ranks = bucketize(normalized.abs(), boundaries)
        signed = levels[ranks] * torch.sign(normalized)
        ctx.save_for_backward(normalized, signed, alpha)
        return signed * alpha

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        normalized, signed, alpha = ctx.saved_tensors
        outside = normalized.abs() > 1
        of_alpha = gradient * torch.where(outside, torch.sign(normalized), signed - normalized)
        return gradient * ~outside, of_alpha.sum_to_size(alpha.shape), None, None


_apot: Callable[..., Tensor] = _ApotFunction.apply


class _ClusteredFunction(torch.autograd.Function):
    """d w'/d w = 1; d w'/d c_k = 1 for the weights that stand for c_k."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, ascending: Tensor) -> Tensor:
        wide = ascending.double()
        indices = bucketize(w, _rounded_down((wide[1:] + wide[:-1]) / 2))
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


def bucketize(x: Tensor, boundaries: Tensor) -> Tensor:
    """What `torch.bucketize` gives for finite values, several times as fast.

    A binary search mispredicts most of its branches. Here a fine grid tells at once how many
    boundaries lie in lower cells; only those of the same cell are compared.

    Args:
        x: any shape.
        boundaries: ascending, of the same type as `x`.

    Returns:
        How many boundaries are below each value; int32.
    """
    flat = x.flatten()
    if not len(boundaries):
        return torch.zeros(x.shape, dtype=torch.int32)
    cells = _GRID_CELLS / (boundaries[-1] - boundaries[0]).clamp_min(_NARROWEST_GRID)

    def cell_of(values: Tensor) -> Tensor:  # never falls while values rise
        return ((values - boundaries[0]) * cells).clamp_(-1, _GRID_CELLS).to(torch.int32) + 1

    per_cell = torch.bincount(cell_of(boundaries), minlength=_GRID_CELLS + 2)
    crowded = int(per_cell.max())
    if crowded > _MOST_COMPARISONS:
        return torch.bucketize(x, boundaries, out_int32=True)
    lower = (torch.cumsum(per_cell, 0) - per_cell).to(torch.int32)
    found = torch.index_select(lower, 0, cell_of(flat))
    fenced = torch.cat([boundaries, boundaries.new_full((1,), torch.inf)])
    for _ in range(crowded):
        found += flat > torch.index_select(fenced, 0, found)
    return found.reshape(x.shape)


def _rounded_down(x: Tensor) -> Tensor:
    """The largest float32 not above each float64; a float32 is above both or above neither."""
    nearest = x.float()
    below = torch.nextafter(nearest, torch.full_like(nearest, -torch.inf))
    return torch.where(nearest.double() > x, below, nearest)


class InputQuantizer(Quantizer):
    """Quantises the input of a product as `edgemood.encodings.activations` will."""

    def activations(self) -> Activations:
        """What to store."""
        raise NotImplementedError


class DynamicInput(InputQuantizer):
    """Each row on the grid of its own range."""

    def forward(self, x: Tensor) -> Tensor:
        low, high = x.detach().amin(1, keepdim=True), x.detach().amax(1, keepdim=True)
        return _fake_affine(x, low, high)

    def activations(self) -> Activations:
        return Activations("dynamic")


class StaticInput(InputQuantizer):
    """All rows on one grid, whose range follows the training batches."""

    low: Tensor
    high: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("low", torch.tensor(torch.inf))
        self.register_buffer("high", torch.tensor(-torch.inf))

    def forward(self, x: Tensor) -> Tensor:
        if self.training or self.low > self.high:
            self._follow(x.detach().amin(), x.detach().amax())
        return _fake_affine(x, self.low, self.high)

    def activations(self) -> Activations:
        return Activations.static(float(self.low), float(self.high))

    def _follow(self, low: Tensor, high: Tensor) -> None:
        if self.low > self.high:
            self.low, self.high = low.clone(), high.clone()
        else:
            self.low = self.low.lerp(low, RANGE_MOMENTUM)
            self.high = self.high.lerp(high, RANGE_MOMENTUM)


def _fake_affine(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Asymmetric 8-bit grid over a range widened to hold 0; outside it the gradient is 0."""
    low, high = low.clamp_max(0.0), high.clamp_min(0.0)
    extent = high - low
    scale = torch.where(
        extent < float(TINY), torch.ones_like(extent), extent / (2**ACTIVATION_BITS - 1)
    )
    zero_point = CODES.lowest - torch.round(low / scale)
    codes = torch.clamp(torch.round(x.detach() / scale) + zero_point, CODES.lowest, CODES.highest)
    clipped = torch.minimum(torch.maximum(x, low), high)
    return straight_through((codes - zero_point) * scale, clipped)


def _integer(codes: Tensor, scale: Tensor, bits: int, activations: Activations) -> Weight:
    grid = Grid(to_numpy(scale), np.zeros(tuple(scale.shape), dtype=np.float32))
    return Integer.encode(to_numpy(codes), grid, bits=bits, activations=activations)

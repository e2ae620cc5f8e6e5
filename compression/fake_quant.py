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
        middles = (ordered.detach().double()[1:] + ordered.detach().double()[:-1]) / 2
        indices = torch.bucketize(x.detach().double(), middles)
        return ordered[indices] + (x - x.detach())

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        ordered = np.sort(to_numpy(self.centroids))
        return Codebook.encode(assign(to_numpy(values), ordered), ordered, activations=activations)


class ApotWeight(WeightQuantizer):
    """Additive powers of two with a learned alpha (arXiv 1909.13144; Murillo & Su, section 9)."""

    def __init__(self, alpha: Tensor, *, bits: int, base_bits: int, size: int) -> None:
        """Begin with an alpha.

        Args:
            alpha: *Shape:* `(rows, 1)` or `(1, 1)`.
            bits: width of a code, sign included.
            base_bits: width of a field; divides `bits - 1`.
            size: how many weights there are; more of them make alpha slower, as with LSQ.
        """
        super().__init__()
        self._bits, self._base_bits = bits, base_bits
        self.alpha = nn.Parameter(alpha.detach().clone())
        self._factor = 1 / (size / alpha.numel() * (2 ** (bits - 1) - 1)) ** 0.5
        ascending = np.sort(magnitudes(bits, base_bits))
        wide = ascending.astype(np.float64)
        self._levels = torch.from_numpy(ascending.copy())
        self._middles = torch.from_numpy((wide[1:] + wide[:-1]) / 2)

    def forward(self, x: Tensor) -> Tensor:
        alpha = scaled_gradient(self.alpha.clamp_min(float(TINY)), self._factor)
        quantized: Tensor = _apot(x, alpha, self._levels, self._middles)
        return quantized

    def encode(self, values: Tensor, activations: Activations) -> Weight:
        return Apot.encode(
            to_numpy(values),
            to_numpy(self.alpha.clamp_min(float(TINY))),
            bits=self._bits,
            base_bits=self._base_bits,
            activations=activations,
        )


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
    def forward(ctx: Any, w: Tensor, alpha: Tensor, levels: Tensor, middles: Tensor) -> Tensor:
        normalized = w / alpha
        ranks = torch.bucketize(normalized.abs().double(), middles)
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

"""Additive powers of two."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from compression.quantizers.fake_quant.base import (
    Positive,
    WeightQuantizer,
    scaled_gradient,
    straight_through,
)
from compression.quantizers.fake_quant.buckets import bucketize, rounded_down
from compression.tensors import to_numpy
from edgemood.encodings import Apot, Weight
from edgemood.encodings.apot import magnitudes
from edgemood.quantization.input_quantization import InputQuantization


class ApotWeight(WeightQuantizer):
    """Additive powers of two with a learned alpha (arXiv 1909.13144; Murillo & Su, section 9).

    With `learned_boundaries` gradients take the generalised straight-through estimator (Liu et al.,
    arXiv 2111.14826): between two levels the gradient is that of the mean under
    stochastic rounding, a straight line over a segment of learned length, and a weight changes
    levels in the middle of the segment. Initially each segment is as long as the gap between its
    levels; the slope is then 1, as in the plain estimator.
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
        """Start from an initial alpha.

        Args:
            alpha: *Shape:* `(rows, 1)` or `(1, 1)`.
            bits: width of a code, sign included.
            base_bits: width of a field; divides `bits - 1`.
            size: the number of weights; it scales alpha's gradient down, as in LSQ.
            learned_boundaries: whether the boundaries between levels are learned as well.
        """
        super().__init__()
        self._bits, self._base_bits = bits, base_bits
        self.alpha = Positive(alpha)
        self._factor = 1 / (size / alpha.numel() * (2 ** (bits - 1) - 1)) ** 0.5
        self._levels = torch.from_numpy(np.sort(magnitudes(bits, base_bits)))
        gaps = torch.diff(self._levels)
        self.segments = Positive(gaps) if learned_boundaries else None

    def forward(self, x: Tensor) -> Tensor:
        alpha = scaled_gradient(self.alpha(), self._factor)
        boundaries = rounded_down(self._boundaries())
        if self.segments is None:
            plain: Tensor = _apot(x, alpha, self._levels, boundaries)
            return plain
        normalized = x / alpha
        hard = self._levels[bucketize(normalized.detach().abs(), boundaries)]
        soft = self._expected(normalized.abs())
        return torch.sign(normalized.detach()) * straight_through(hard, soft) * alpha

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        return Apot.encode(
            to_numpy(values),
            to_numpy(self.alpha()),
            bits=self._bits,
            base_bits=self._base_bits,
            boundaries=self._boundaries().numpy(),
            input_quantization=activations,
        )

    def _boundaries(self) -> Tensor:
        """The boundaries between levels, divided by alpha; float64. *Shape:* `(levels - 1,)`."""
        if self.segments is None:
            return (self._levels.double()[1:] + self._levels.double()[:-1]) / 2
        lengths: Tensor = self.segments().detach().double()
        return torch.cumsum(lengths, 0) - lengths / 2

    def _expected(self, magnitude: Tensor) -> Tensor:
        """The mean level under stochastic rounding; constant beyond the last segment."""
        assert self.segments is not None  # noqa: S101  # called with learned boundaries only
        lengths: Tensor = self.segments()
        starts = torch.cumsum(lengths, 0) - lengths
        inside = torch.minimum(magnitude, lengths.sum())
        j = bucketize(inside.detach(), starts.detach()[1:])
        gaps = torch.diff(self._levels)
        return self._levels[j] + (inside - starts[j]) / lengths[j] * gaps[j]


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

"""Magnitude pruning: zeros instead of the smallest weights."""

import torch
from torch import Tensor

from compression.quantizers.fake_quant.base import WeightQuantizer
from compression.quantizers.fake_quant.uniform import FloatWeight
from edgemood.encodings import Weight
from edgemood.quantization.input_quantization import InputQuantization


class PrunedWeight(WeightQuantizer):
    """Zeros for a share of the weights that grows on a cubic schedule.

    `s(t) = s * (1 - (1 - t / ramp)**3)` until the end of the ramp (Zhu & Gupta, arXiv 1710.01878).
    Each step chooses the smallest weights again. Evaluation always uses the final share, so early
    stopping compares epochs at the final sparsity.
    """

    def __init__(self, *, sparsity: float, bits: int, ramp: float) -> None:
        super().__init__()
        self._sparsity, self._ramp = sparsity, ramp
        self._stored = FloatWeight(bits=bits)
        self._progress = 0.0

    def set_progress(self, progress: float) -> None:
        self._progress = progress

    def forward(self, x: Tensor) -> Tensor:
        stored: Tensor = self._stored(x * largest_magnitudes(x, 1 - self.share()))
        return stored

    def share(self) -> float:
        """The current share of zeros."""
        if not self.training or self._progress >= self._ramp:
            return self._sparsity
        return self._sparsity * (1 - (1 - self._progress / self._ramp) ** 3)

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        kept = values * largest_magnitudes(values, 1 - self._sparsity)
        return self._stored.encode(kept, activations)


def largest_magnitudes(x: Tensor, share: float) -> Tensor:
    """1 where a weight is among the largest, 0 elsewhere; the shape is that of `x`."""
    zeros = x.numel() - round(share * x.numel())
    mask = torch.ones(x.numel())
    if zeros:
        smallest = torch.topk(x.detach().abs().flatten(), zeros, largest=False).indices
        mask[smallest] = 0
    return mask.reshape(x.shape)

"""Zeros where magnitudes are smallest."""

import torch
from torch import Tensor

from compression.quantizers.fake_quant.base import WeightQuantizer
from compression.quantizers.fake_quant.uniform import FloatWeight
from edgemood.encodings import Weight
from edgemood.quantization.input_quantization import InputQuantization


class PrunedWeight(WeightQuantizer):
    """Zero where the magnitude is among the smallest; the share grows on a cubic schedule.

    `s(t) = s * (1 - (1 - t / ramp)**3)` until the ramp's end (Zhu & Gupta, arXiv 1710.01878). Which
    weights are zero is decided anew at each step. In evaluation, and hence whenever an epoch is
    judged, the share is the final one.
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
        """The share of zeros now."""
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

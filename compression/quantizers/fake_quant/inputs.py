"""Quantization of layer inputs, as `edgemood.quantization.input_quantization` computes it."""

import torch
from torch import Tensor

from compression.quantizers.fake_quant.base import InputQuantizer, straight_through
from edgemood.quantization.affine import TINY
from edgemood.quantization.input_quantization import INPUT_BITS, INPUT_CODES, InputQuantization

RANGE_MOMENTUM = 0.01
"""Weight of the current batch in the moving average of an input's range."""


class DynamicInput(InputQuantizer):
    """Each row on the grid of its own range."""

    def forward(self, x: Tensor) -> Tensor:
        low, high = x.detach().amin(1, keepdim=True), x.detach().amax(1, keepdim=True)
        return _fake_affine(x, low, high)

    def input_quantization(self) -> InputQuantization:
        return InputQuantization("dynamic")


class StaticInput(InputQuantizer):
    """All rows on one grid, whose range is a moving average over training batches."""

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

    def input_quantization(self) -> InputQuantization:
        return InputQuantization.static(float(self.low), float(self.high))

    def _follow(self, low: Tensor, high: Tensor) -> None:
        if self.low > self.high:
            # In place: calibration runs in inference mode, and loading a state could not write to
            # a tensor that was created there.
            self.low.copy_(low)
            self.high.copy_(high)
        else:
            self.low.lerp_(low, RANGE_MOMENTUM)
            self.high.lerp_(high, RANGE_MOMENTUM)


def _fake_affine(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Asymmetric 8-bit grid over a range widened to include 0; the gradient outside it is 0."""
    low, high = low.clamp_max(0.0), high.clamp_min(0.0)
    extent = high - low
    scale = torch.where(extent < float(TINY), torch.ones_like(extent), extent / (2**INPUT_BITS - 1))
    zero_point = INPUT_CODES.lowest - torch.round(low / scale)
    codes = torch.clamp(
        torch.round(x.detach() / scale) + zero_point, INPUT_CODES.lowest, INPUT_CODES.highest
    )
    clipped = torch.minimum(torch.maximum(x, low), high)
    return straight_through((codes - zero_point) * scale, clipped)

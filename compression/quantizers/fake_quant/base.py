"""The protocols of fake quantizers, and the straight-through estimator.

The contract of every weight quantizer: the matrix that `encode` stores decodes to the values of
`forward`, bit for bit. The straight-through estimator is written
`quantized.detach() + (x - x.detach())`, whose value is exactly the quantized one.
"""

import torch
from torch import Tensor, nn

from compression.networks import Quantizer
from edgemood.encodings import Weight
from edgemood.quantization.affine import TINY
from edgemood.quantization.input_quantization import InputQuantization


def straight_through(quantized: Tensor, x: Tensor) -> Tensor:
    """The value of `quantized` with the gradient of `x`."""
    return quantized.detach() + (x - x.detach())


def scaled_gradient(x: Tensor, factor: float) -> Tensor:
    """The value of `x` with its gradient multiplied."""
    return x.detach() + (x * factor - (x * factor).detach())


class Positive(nn.Module):
    """A learned positive number that the optimizer changes by relative amounts.

    Steps and alphas span orders of magnitude, but Adam changes every parameter by about the
    learning rate, for gradients of any size. The parameter is therefore the logarithm,
    relative to the initial value.
    """

    start: Tensor

    def __init__(self, start: Tensor) -> None:
        super().__init__()
        kept = start.detach().clamp_min(float(TINY)).clone()
        self.register_buffer("start", kept, persistent=False)
        self.logarithm = nn.Parameter(torch.zeros_like(kept))

    def forward(self) -> Tensor:
        """The number. *Shape:* that of `start`."""
        return self.start * torch.exp(self.logarithm)


class WeightQuantizer(Quantizer):
    """Quantizes a matrix in training exactly as it is stored."""

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        """Store what `forward` gives for these values."""
        raise NotImplementedError


class InputQuantizer(Quantizer):
    """Quantizes the input of a product as `edgemood.quantization.input_quantization` does."""

    def input_quantization(self) -> InputQuantization:
        """The settings to store."""
        raise NotImplementedError

"""What quantisers share: the promise about storage, and gradients that go straight through.

Each weight quantiser promises that the matrix its `encode` stores decodes to what its `forward`
gave, bit for bit. Where a straight-through estimator is wanted, it is written
`quantised.detach() + (x - x.detach())`, whose value is exactly the quantised one.
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
    """A learned number above 0 that an optimiser moves by shares of itself.

    Steps and alphas span orders of magnitude. Adam moves every parameter by about the learning rate
    whatever its gradient's size, which would be a percent of one and half of another; what it moves
    here is the logarithm, from where training began.
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
    """Quantises a matrix the same way in training and in storage."""

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        """Store what `forward` gives for these values."""
        raise NotImplementedError


class InputQuantizer(Quantizer):
    """Quantises the input of a product as `edgemood.quantization.input_quantization` will."""

    def activations(self) -> InputQuantization:
        """What to store."""
        raise NotImplementedError

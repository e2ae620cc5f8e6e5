"""What quantisers share: the promise about storage, and gradients that go straight through.

Each weight quantiser promises that the matrix its `encode` stores decodes to what its `forward`
gave, bit for bit. Where a straight-through estimator is wanted, it is written
`quantised.detach() + (x - x.detach())`, whose value is exactly the quantised one.
"""

from torch import Tensor

from compression.modules import Quantizer
from edgemood.encodings import Weight
from edgemood.encodings.activations import Activations


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


class InputQuantizer(Quantizer):
    """Quantises the input of a product as `edgemood.encodings.activations` will."""

    def activations(self) -> Activations:
        """What to store."""
        raise NotImplementedError

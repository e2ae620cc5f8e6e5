"""The protocol of modules that are attached to the weights and inputs of a network."""

from typing import ClassVar

from torch import Tensor, nn


class Quantizer(nn.Module):
    """Replaces a value in the forward pass; see `compression.quantizers.fake_quant`."""

    holds_weights: ClassVar[bool] = False
    """Whether its parameters are weights themselves, rather than scales or centroids."""

    def forward(self, x: Tensor) -> Tensor:
        """The value that the network computes with, of the same shape as `x`."""
        raise NotImplementedError

    def set_progress(self, progress: float) -> None:
        """Called before each training step with the share of training done, from 0 to 1."""

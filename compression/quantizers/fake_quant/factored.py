"""Low rank: two thin matrices instead of one."""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from compression.quantizers.fake_quant.base import WeightQuantizer
from edgemood.encodings import Factored, Weight
from edgemood.quantization.affine import TINY
from edgemood.quantization.input_quantization import InputQuantization


class FactoredWeight(WeightQuantizer):
    """A matrix as the product of two trained factors.

    The stored factors equal those of training bit for bit. Their product may differ in the last
    digit, because the runtime sums in another order.
    """

    holds_weights: ClassVar[bool] = True

    def __init__(
        self,
        values: Tensor,
        *,
        rank: int,
        stored: Callable[[], WeightQuantizer],
        trained: bool = True,
    ) -> None:
        """Start from the best approximation, by singular value decomposition.

        Args:
            values: *Shape:* `(out, in)`.
            rank: at most `min(out, in)`.
            stored: returns the quantizer of a factor.
            trained: whether training may change the factors.
        """
        super().__init__()
        u, s, v = torch.linalg.svd(values.detach().double(), full_matrices=False)
        root = s[:rank].sqrt()  # equal scales, so that both train at the same rate
        left, right = (u[:, :rank] * root).float(), (root[:, None] * v[:rank]).float()
        self.left = nn.Parameter(left, requires_grad=trained)
        self.right = nn.Parameter(right, requires_grad=trained)
        self.energy = float((s[:rank] ** 2).sum() / (s**2).sum().clamp_min(float(TINY)))
        self._of_left, self._of_right = stored(), stored()

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = self._of_left(self.left) @ self._of_right(self.right)
        return product

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        left = self._of_left.encode(self.left.detach(), activations)
        right = self._of_right.encode(self.right.detach(), activations)
        return Factored(left, right, energy=round(self.energy, 4))

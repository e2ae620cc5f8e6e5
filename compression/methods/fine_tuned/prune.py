"""Magnitude pruning: the smallest weights become zero during fine-tuning."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from compression.methods.fine_tuning import FineTuned
from compression.networks import Matrix
from compression.quantizers.fake_quant import PrunedWeight, WeightQuantizer


class Prune(FineTuned):
    """Unstructured, per matrix, on a cubic schedule (Zhu & Gupta, arXiv 1710.01878)."""

    method: ClassVar[str] = "prune"
    activations: Literal["none"] = "none"
    sparsity: Annotated[float, Field(gt=0, lt=1, description="share of zeros at the end")] = 0.8
    bits: Annotated[Literal[32, 16], Field(description="of the weights that stay")] = 16
    ramp: Annotated[float, Field(gt=0, le=1, description="share of training until then")] = 0.6

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        return PrunedWeight(sparsity=self.sparsity, bits=self.bits, ramp=self.ramp)

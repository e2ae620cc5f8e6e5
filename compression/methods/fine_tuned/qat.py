"""Quantization-aware training with straight-through estimators (Murillo & Su, section 7)."""

from typing import Annotated, ClassVar

from pydantic import Field

from compression.methods.fine_tuning import FineTuned
from compression.networks import Matrix
from compression.quantizers.fake_quant import MinMaxWeight, WeightQuantizer


class Qat(FineTuned):
    """Uniform symmetric weights; the scale is set by each row's largest magnitude."""

    method: ClassVar[str] = "qat"
    bits: Annotated[int, Field(ge=1, le=8)] = 8

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        return MinMaxWeight(bits=self.bits)

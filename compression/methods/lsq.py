"""Learned step size quantisation, the control for every non-uniform method at equal bits."""

from typing import Annotated, ClassVar

from pydantic import Field

from compression.fake_quant import LsqWeight, WeightQuantizer
from compression.methods.finetuned import FineTuned
from compression.modules import Matrix


class Lsq(FineTuned):
    """Uniform symmetric weights with one learned step for the table and one a layer's row."""

    method: ClassVar[str] = "lsq"
    bits: Annotated[int, Field(ge=1, le=8)] = 4

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        return LsqWeight(matrix.values, bits=self.bits, per_row=matrix.role != "table")

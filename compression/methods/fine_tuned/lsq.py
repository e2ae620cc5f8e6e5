"""Learned step size quantization: the uniform baseline of the non-uniform methods."""

from typing import Annotated, ClassVar

from pydantic import Field

from compression.methods.fine_tuning import FineTuned, Scales
from compression.networks import Matrix
from compression.quantizers.fake_quant import LsqWeight, WeightQuantizer


class Lsq(FineTuned):
    """Uniform symmetric weights; one learned step for the table and one for each layer row."""

    method: ClassVar[str] = "lsq"
    bits: Annotated[int, Field(ge=1, le=8)] = 4
    table_bits: Annotated[
        int | None, Field(ge=1, le=8, description="of the token table, if different")
    ] = None
    scales: Scales = "rows"

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        if matrix.role == "table":
            return LsqWeight(matrix.values, bits=self.table_bits or self.bits, per_row=False)
        return LsqWeight(matrix.values, bits=self.bits, per_row=self.scales == "rows")

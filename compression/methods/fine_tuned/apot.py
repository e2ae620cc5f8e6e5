"""Additive powers of two (APoT): products with such weights are shifts (arXiv 1909.13144)."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import Field, model_validator

from compression.methods.fine_tuning import FineTuned, Scales
from compression.networks import Matrix, Role
from compression.quantizers.fake_quant import ApotWeight, WeightQuantizer
from compression.tensors import to_numpy
from edgemood.arrays import Float32
from edgemood.encodings import Apot
from edgemood.encodings.apot import magnitudes

CANDIDATES = np.linspace(0.15, 1.0, 18, dtype=np.float32)
"""Shares of the largest magnitude that are tried as the initial alpha."""


class ApotMethod(FineTuned):
    """Weights on APoT levels, with one learned alpha for the table and one for each layer row."""

    method: ClassVar[str] = "apot"
    bits: Annotated[int, Field(ge=2, le=8)] = 5
    base_bits: Annotated[int, Field(ge=1)] = 2
    table_bits: Annotated[
        int | None, Field(ge=2, le=8, description="of the token table, if different")
    ] = None
    table_base_bits: Annotated[int | None, Field(ge=1)] = None
    scales: Scales = "rows"
    estimator: Annotated[
        Literal["straight-through", "generalised"],
        Field(description="of gradients; generalised learns the boundaries between levels, too"),
    ] = "straight-through"

    @model_validator(mode="after")
    def _widths_fit(self) -> Self:
        for role in ("weight", "table"):
            magnitudes(*self._widths(role))
        return self

    def _widths(self, role: Role) -> tuple[int, int]:
        """The bits of a code, and of one additive term."""
        if role == "table":
            return self.table_bits or self.bits, self.table_base_bits or self.base_bits
        return self.bits, self.base_bits

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        values = to_numpy(matrix.values)
        bits, base_bits = self._widths(matrix.role)
        of_rows = self.scales == "rows" and matrix.role != "table"
        groups = values if of_rows else values.reshape(1, -1)
        alpha = torch.from_numpy(_initial_alpha(groups, bits=bits, base_bits=base_bits))
        return ApotWeight(
            alpha,
            bits=bits,
            base_bits=base_bits,
            size=values.size,
            learned_boundaries=self.estimator == "generalised",
        )


def _initial_alpha(groups: Float32, *, bits: int, base_bits: int) -> Float32:
    """The candidate with the smallest squared error for each row. *Shape:* `(rows, 1)`."""
    largest = np.maximum(np.abs(groups).max(axis=1, keepdims=True), np.float32(1e-8))
    ids = np.arange(len(groups), dtype=np.int32)
    errors = []
    for share in CANDIDATES:
        coded = Apot.encode(groups, largest * share, bits=bits, base_bits=base_bits)
        errors.append(((coded.rows(ids) - groups) ** 2).sum(axis=1))
    best = CANDIDATES[np.argmin(errors, axis=0)].reshape(-1, 1)
    return np.asarray(largest * best, dtype=np.float32)

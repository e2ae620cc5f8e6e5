"""Additive powers of two: weights whose products are a few shifts (arXiv 1909.13144)."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import Field, model_validator

from compression.export import to_numpy
from compression.fake_quant import ApotWeight, WeightQuantizer
from compression.methods.finetuned import FineTuned
from compression.modules import Matrix
from edgemood.affine import Float32
from edgemood.encodings import Apot
from edgemood.encodings.apot import magnitudes

CANDIDATES = np.linspace(0.15, 1.0, 18, dtype=np.float32)
"""Shares of the largest magnitude that alpha may start from."""


class ApotMethod(FineTuned):
    """One learned alpha for the table, one a row of a layer."""

    method: ClassVar[str] = "apot"
    bits: Annotated[int, Field(ge=2, le=8)] = 5
    base_bits: Annotated[int, Field(ge=1)] = 2
    estimator: Annotated[
        Literal["straight-through", "generalised"],
        Field(description="of gradients; generalised learns the boundaries between levels, too"),
    ] = "straight-through"

    @model_validator(mode="after")
    def _widths_fit(self) -> Self:
        magnitudes(self.bits, self.base_bits)
        return self

    def quantizer(self, matrix: Matrix, *, seed: int) -> WeightQuantizer:
        values = to_numpy(matrix.values)
        groups = values.reshape(1, -1) if matrix.role == "table" else values
        alpha = torch.from_numpy(self._starting_alpha(groups))
        return ApotWeight(
            alpha,
            bits=self.bits,
            base_bits=self.base_bits,
            size=values.size,
            learned_boundaries=self.estimator == "generalised",
        )

    def _starting_alpha(self, groups: Float32) -> Float32:
        """The candidate with the smallest squared error, for each row of `groups`."""
        largest = np.maximum(np.abs(groups).max(axis=1, keepdims=True), np.float32(1e-8))
        ids = np.arange(len(groups), dtype=np.int32)
        errors = []
        for share in CANDIDATES:
            coded = Apot.encode(groups, largest * share, bits=self.bits, base_bits=self.base_bits)
            errors.append(((coded.rows(ids) - groups) ** 2).sum(axis=1))
        best = CANDIDATES[np.argmin(errors, axis=0)].reshape(-1, 1)
        return np.asarray(largest * best, dtype=np.float32)

"""Floating point, and integers on uniform grids: min-max and learned step sizes."""

import numpy as np
import torch
from torch import Tensor

from compression.quantizers.fake_quant.base import (
    Positive,
    WeightQuantizer,
    scaled_gradient,
    straight_through,
)
from compression.tensors import to_numpy
from edgemood.arrays import Float32
from edgemood.encodings import Dense, Integer, Sparse, Weight
from edgemood.encodings.dense import PRECISIONS
from edgemood.quantization.affine import TINY, Grid, narrow_range
from edgemood.quantization.input_quantization import InputQuantization


class FloatWeight(WeightQuantizer):
    """Floating point of 32 or 16 bits, stored sparse if that is smaller."""

    def __init__(self, *, bits: int) -> None:
        super().__init__()
        self._bits = bits

    def forward(self, x: Tensor) -> Tensor:
        return straight_through(x.half().float(), x) if self._bits == 16 else x

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        if activations.quantized:
            raise ValueError("floating-point weights go with inputs in float32")
        return _float_weight(to_numpy(values), bits=self._bits)


class MinMaxWeight(WeightQuantizer):
    """Symmetric codes over each row's largest magnitude (Murillo & Su, section 7: QAT).

    Nothing is clipped, so the straight-through gradient is 1 everywhere. One bit stores signs;
    their scale with the smallest squared error is the row's mean magnitude (Rastegari et al., arXiv
    1603.05279).
    """

    def __init__(self, *, bits: int) -> None:
        super().__init__()
        self._bits = bits

    def forward(self, x: Tensor) -> Tensor:
        codes, scale = self._codes(x)
        return straight_through(codes * scale, x)

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        return _integer(*self._codes(values), self._bits, activations)

    def _codes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        lowest, highest = narrow_range(self._bits)
        magnitude = x.detach().abs()
        extent = magnitude.mean if self._bits == 1 else magnitude.amax
        limit = extent(dim=1, keepdim=True)
        if self._bits == 1:  # signs have no code for 0: a row of zeros needs a scale near 0
            return _signs(x.detach()), limit.clamp_min(float(TINY))
        scale = torch.where(limit < float(TINY), torch.ones_like(limit), limit / highest)
        return torch.clamp(torch.round(x.detach() / scale), lowest, highest), scale


class LsqWeight(WeightQuantizer):
    """Symmetric codes with a learned step size (Esser et al., arXiv 1902.08153).

    The initial step is `2 * mean|w| / sqrt(Qp)`. Its gradient is `round(w/s) - w/s` inside the
    range and the nearest end of the range outside, times `1 / sqrt(N * Qp)`. The parameter is its
    logarithm; see `Positive`. One bit stores signs, with the initial step `mean|w|`.
    """

    def __init__(self, values: Tensor, *, bits: int, per_row: bool) -> None:
        super().__init__()
        self._bits = bits
        self._highest = narrow_range(bits).highest
        magnitude = values.detach().abs()
        mean = magnitude.mean(dim=1, keepdim=True) if per_row else magnitude.mean().reshape(1, 1)
        start = mean if bits == 1 else 2 * mean / self._highest**0.5
        self.step = Positive(start)
        self._factor = 1 / (values.numel() / start.numel() * self._highest) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        step = scaled_gradient(self.step(), self._factor)
        inside = torch.clamp(x / step, -self._highest, self._highest)
        return straight_through(self._codes(inside), inside) * step

    def encode(self, values: Tensor, activations: InputQuantization) -> Weight:
        step = self.step().detach()
        codes = self._codes(torch.clamp(values / step, -self._highest, self._highest))
        return _integer(codes, step, self._bits, activations)

    def _codes(self, inside: Tensor) -> Tensor:
        return _signs(inside) if self._bits == 1 else torch.round(inside)


def plain_quantizer(bits: int) -> WeightQuantizer:
    """Floating point for 32 and 16 bits, min-max integers for fewer."""
    return FloatWeight(bits=bits) if bits in PRECISIONS else MinMaxWeight(bits=bits)


def _float_weight(values: Float32, *, bits: int) -> Weight:
    """Dense or sparse at 32 or 16 bits, whichever is smaller."""
    if Sparse.smaller_than_dense(values, bits=bits):
        return Sparse.encode(values, bits=bits)
    return Dense.encode(values, bits=bits)


def _signs(x: Tensor) -> Tensor:
    return torch.where(x < 0, -1.0, 1.0)


def _integer(codes: Tensor, scale: Tensor, bits: int, activations: InputQuantization) -> Weight:
    grid = Grid(to_numpy(scale), np.zeros(tuple(scale.shape), dtype=np.float32))
    return Integer.encode(to_numpy(codes), grid, bits=bits, input_quantization=activations)

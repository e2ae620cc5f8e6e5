"""Weights in several encodings, for tests of models with each of them."""

from collections.abc import Callable

import numpy as np
import pytest

from edgemood.encodings import Apot, Dense, Integer, Weight
from edgemood.quantization.affine import narrow_range, quantize, symmetric_grid
from edgemood.quantization.input_quantization import InputQuantization

Encode = Callable[[np.ndarray, InputQuantization], Weight]


def integer(values: np.ndarray, input_quantization: InputQuantization) -> Weight:
    grid = symmetric_grid(np.abs(values).max(axis=1, keepdims=True), bits=8)
    codes = quantize(values, grid, narrow_range(8))
    return Integer.encode(codes, grid, bits=8, input_quantization=input_quantization)


def apot(values: np.ndarray, input_quantization: InputQuantization) -> Weight:
    alpha = np.abs(values).max(axis=1, keepdims=True)
    return Apot.encode(values, alpha, bits=5, base_bits=2, input_quantization=input_quantization)


def dense(values: np.ndarray, _: InputQuantization) -> Weight:
    return Dense.encode(values)


@pytest.fixture(scope="session")
def encoders() -> dict[str, Encode]:
    """Functions from a matrix and the quantization of its inputs to a weight; dense has none."""
    return {"integer": integer, "apot": apot, "dense": dense}

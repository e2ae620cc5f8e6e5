"""Weights in several encodings, for models that are to run with all of them."""

from collections.abc import Callable

import numpy as np
import pytest

from edgemood.encodings import Apot, Dense, Integer, Weight
from edgemood.quantization.affine import narrow_range, quantize, symmetric_grid
from edgemood.quantization.input_quantization import Activations

Encode = Callable[[np.ndarray, Activations], Weight]


def integer(values: np.ndarray, activations: Activations) -> Weight:
    grid = symmetric_grid(np.abs(values).max(axis=1, keepdims=True), bits=8)
    codes = quantize(values, grid, narrow_range(8))
    return Integer.encode(codes, grid, bits=8, activations=activations)


def apot(values: np.ndarray, activations: Activations) -> Weight:
    alpha = np.abs(values).max(axis=1, keepdims=True)
    return Apot.encode(values, alpha, bits=5, base_bits=2, activations=activations)


def dense(values: np.ndarray, _: Activations) -> Weight:
    return Dense.encode(values)


@pytest.fixture(scope="session")
def encoders() -> dict[str, Encode]:
    """From a matrix, and what is to happen to its inputs, to a weight; dense inputs stay."""
    return {"integer": integer, "apot": apot, "dense": dense}

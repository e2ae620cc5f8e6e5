"""Post-training quantization of one matrix, for both int8 methods."""

import numpy as np

from compression.networks import Matrix
from compression.quantizers.observers import Calibrator
from compression.quantizers.row_limits import row_limits
from compression.tensors import to_numpy
from edgemood.arrays import Float32
from edgemood.encodings import Dense, Integer, Weight
from edgemood.models.gru.recurrence import TANH_GRID
from edgemood.quantization.affine import (
    Grid,
    binarize,
    narrow_range,
    quantize,
    symmetric_grid,
)
from edgemood.quantization.input_quantization import InputQuantization

RECURRENT_STATE = InputQuantization("static", TANH_GRID)
"""The grid of a recurrent state, whose values lie between -1 and 1: it needs no calibration."""


def quantize_matrix(
    matrix: Matrix,
    *,
    bits: int,
    calibrator: Calibrator,
    activations: InputQuantization,
) -> Weight:
    """Symmetric codes with one scale for each row: a layer's output channel, a table's word.

    Biases stay float32: they are a thousandth of the bytes and are added after rescaling.

    Args:
        matrix: the weight.
        bits: of a code.
        calibrator: chooses the range of each row.
        activations: quantization of the inputs of layers. A token table has no inputs; recurrent
            states use `RECURRENT_STATE` if the inputs of layers are quantized.
    """
    values = to_numpy(matrix.values)
    if matrix.role == "bias":
        return Dense.encode(values)
    codes, grid = _codes(values, bits, calibrator)
    if matrix.role == "table":
        return Integer.encode(codes, grid, bits=bits)
    if matrix.role == "recurrent" and activations.quantized:
        activations = RECURRENT_STATE
    return Integer.encode(codes, grid, bits=bits, input_quantization=activations)


def _codes(values: Float32, bits: int, calibrator: Calibrator) -> tuple[Float32, Grid]:
    if bits > 1:
        grid = symmetric_grid(row_limits(values, calibrator), bits=bits)
        return quantize(values, grid, narrow_range(bits)), grid
    # Signs have no range to calibrate; the mean magnitude has the smallest squared error.
    mean = np.abs(values).mean(axis=1, keepdims=True)
    return binarize(values), symmetric_grid(mean, bits=1)

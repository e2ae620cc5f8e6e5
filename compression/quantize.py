"""Post-training quantisation of a matrix, as the integer methods share it."""

from compression.export import to_numpy
from compression.modules import Matrix
from compression.observers import Calibrator, row_limits
from edgemood.affine import narrow_range, quantize, symmetric_grid
from edgemood.encodings import Dense, Integer, Weight
from edgemood.encodings.activations import Activations
from edgemood.models.gru import TANH_GRID

RECURRENT_STATE = Activations("static", TANH_GRID)
"""A recurrent state lies between -1 and 1: its grid is known beforehand."""


def quantize_matrix(
    matrix: Matrix,
    *,
    bits: int,
    calibrator: Calibrator,
    activations: Activations,
) -> Weight:
    """Symmetric codes with one scale a row (a layer's output channel, a table's word).

    Biases stay float32: they are a thousandth of the bytes and are added after rescaling. A token
    table has no inputs, so `activations` matter for layers only. Recurrent states keep to
    `RECURRENT_STATE` wherever the activations of other layers are quantised.
    """
    values = to_numpy(matrix.values)
    if matrix.role == "bias":
        return Dense.encode(values)
    grid = symmetric_grid(row_limits(values, calibrator), bits=bits)
    codes = quantize(values, grid, narrow_range(bits))
    if matrix.role == "table":
        return Integer.encode(codes, grid, bits=bits)
    if matrix.role == "recurrent" and activations.quantized:
        activations = RECURRENT_STATE
    return Integer.encode(codes, grid, bits=bits, activations=activations)

"""Post-training quantisation of a matrix, as the integer methods share it."""

from compression.export import to_numpy
from compression.modules import Matrix
from compression.observers import Calibrator, row_limits
from edgemood.affine import narrow_range, quantize, symmetric_grid
from edgemood.encodings import Dense, Integer, Weight
from edgemood.encodings.activations import Activations


def quantize_matrix(
    matrix: Matrix,
    *,
    bits: int,
    calibrator: Calibrator,
    activations: Activations,
) -> Weight:
    """Symmetric codes with one scale a row (a layer's output channel, a table's word).

    Biases stay float32: they are a thousandth of the bytes and are added after rescaling. A token
    table has no inputs, so `activations` matter for layers only.
    """
    values = to_numpy(matrix.values)
    if matrix.role == "bias":
        return Dense.encode(values)
    grid = symmetric_grid(row_limits(values, calibrator), bits=bits)
    codes = quantize(values, grid, narrow_range(bits))
    if matrix.role == "table":
        return Integer.encode(codes, grid, bits=bits)
    return Integer.encode(codes, grid, bits=bits, activations=activations)

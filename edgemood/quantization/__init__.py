"""Number formats: affine grids, packed bits, and quantized inputs of layers."""

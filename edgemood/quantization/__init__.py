"""Number formats: affine grids, packed bits, quantized layer inputs. Knows no file and no model."""

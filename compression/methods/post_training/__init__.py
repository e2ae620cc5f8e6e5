"""Methods that quantize a trained checkpoint without further training."""

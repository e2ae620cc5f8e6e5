"""Methods that train further under quantization, clustering or pruning."""

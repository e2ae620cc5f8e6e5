"""Methods that fine-tune under quantization, clustering or pruning."""

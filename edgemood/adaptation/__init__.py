"""Adapts a variant to new texts or labels: an affine map of its logits, and thresholds."""

"""Adapts a variant to new texts or labels: an affine map of its logits, and thresholds."""

from edgemood.adaptation.adapting import Examples, Fitted, adapted, fit_adaptation
from edgemood.adaptation.label_set import LabelSet

__all__ = ["Examples", "Fitted", "LabelSet", "adapted", "fit_adaptation"]

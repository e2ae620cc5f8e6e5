"""Decisions about texts before and after adaptation, and the thresholds behind them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgemood.adaptation.folds import Int
from edgemood.adaptation.label_set import LabelSet
from edgemood.adaptation.newton import Float
from edgemood.adaptation.thresholds import tune_thresholds
from edgemood.arrays import Float32
from edgemood.decision import softmax
from edgemood.format.manifest import Manifest
from edgemood.models.base import sigmoid

LABEL_SHARE = 0.2
"""Thresholds are tuned on a blend of labels and scores. Few of a few hundred texts have a rare
label, and the threshold of highest F1 on those few is mostly noise; that of the expected F1 is not.
Chosen on draws from XED's dev split: thresholds from the labels of 100 texts gain nothing over
those of the parent, and this blend gains .02."""

Bool = NDArray[np.bool_]


class Decisions(NamedTuple):
    """How parent and adapted variant turn logits into labels."""

    parent: Manifest
    label_set: LabelSet
    fitted: Bool
    """The labels whose thresholds are tuned. *Shape:* `(labels,)`."""

    def scores(self, logits: Float) -> Float32:
        """Scores as the runtime computes them, in single precision. *Shape:* as the logits."""
        as_stored = logits.astype(np.float32)
        return softmax(as_stored) if self._is_single_label else sigmoid(as_stored)

    def before(self, logits: Float32) -> Bool:
        """Decide as the parent does, without abstention.

        Args:
            logits: of the parent. *Shape:* `(texts, labels of the parent)`.

        Returns:
            *Shape:* `(texts, labels)`.
        """
        if self._is_single_label:
            own = list(self.label_set.own(logits.shape[1]))
            return _highest(self.label_set.inputs(logits)[:, own])
        limits = np.array(self.parent.thresholds, np.float32)
        return self.label_set.given(sigmoid(logits) >= limits)

    def after(self, logits: Float, targets: Bool, fold_of: Int) -> Bool:
        """Decide on the texts of each fold with thresholds from the other folds.

        Args:
            logits: by maps that were fitted to other folds. *Shape:* `(texts, labels)`.
            targets: true labels.
            fold_of: the fold of each text.
        """
        if self._is_single_label:
            return _highest(logits)
        scores, decided = self.scores(logits), np.zeros_like(targets)
        for fold in range(int(fold_of.max()) + 1):
            inside = fold_of == fold
            limits = self.thresholds(scores[~inside], targets[~inside])
            decided[inside] = scores[inside] >= limits.astype(np.float32)
        return decided

    def thresholds(self, scores: Float32, targets: Bool) -> Float:
        """Tune the thresholds. Labels that are not fitted keep the parent's. *Shape:* `(labels,)`.

        Args:
            scores: by maps that were fitted to other texts. *Shape:* `(texts, labels)`.
            targets: true labels.
        """
        kept = [
            self.parent.thresholds[group[0]] if len(group) == 1 else 0.5
            for group in self.label_set.groups
        ]
        if self._is_single_label:
            return np.zeros(len(kept))
        expected = scores.astype(np.float64)
        blend = LABEL_SHARE * targets + (1 - LABEL_SHARE) * expected
        return np.where(self.fitted, tune_thresholds(expected, blend), kept)

    @property
    def _is_single_label(self) -> bool:
        return self.parent.decision == "single-label"


def _highest(logits: Float) -> Bool:
    """Mark the highest logit of each text, or the first of several."""
    marks: Bool = np.arange(logits.shape[1]) == logits.argmax(axis=1)[:, None]
    return marks

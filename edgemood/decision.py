"""From logits to scores to labels: the calibration, decision and abstention of a manifest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32
from edgemood.errors import ScoreError
from edgemood.format.manifest import Manifest
from edgemood.models.base import sigmoid

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Prediction:
    """The labels and scores of one text."""

    labels: tuple[str, ...]
    """In the artifact's order. What a variant gives depends on its kind:

    * multi-label: all labels whose score is at least their threshold; may be empty.
    * single-label: the label with the highest score, or the first of several.
    * either kind: none if the text is unsure.
    """
    scores: Mapping[str, float]
    """The score of every label, between 0 and 1. Those of a single-label variant sum to 1."""
    unsure: bool | None = None
    """Whether the variant declines to answer; None if it answers every text."""


class DecisionRule:
    """Converts the logits of one variant to scores, and scores to labels."""

    def __init__(self, manifest: Manifest) -> None:
        self._labels = manifest.labels
        self._thresholds = np.array(manifest.thresholds, np.float32)
        self._activation = _activation(manifest)
        self._is_single_label = manifest.decision == "single-label"
        abstention = manifest.abstention
        self._sure_from = np.float32(abstention.threshold) if abstention else None

    def scores(self, logits: Float32) -> Float32:
        """Convert logits to scores, each between 0 and 1. *Shape:* `(texts, labels)`.

        Raises:
            ScoreError: a score is not finite.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # the scores are checked below
            scores = self._activation(logits)
        if not np.isfinite(scores).all():
            raise ScoreError("the weights give scores that are not numbers")
        return scores

    def unsure(self, scores: Float32) -> Bool | None:
        """Tell which texts are not answered. *Shape:* `(texts, labels)` -> `(texts,)`.

        Returns:
            None if the variant answers every text.
        """
        if self._sure_from is None:
            return None
        unsure: Bool = scores.max(axis=1) < self._sure_from
        return unsure

    def decide(self, scores: Float32) -> Bool:
        """Tell which labels each text gets. *Shape:* `(texts, labels)`, as the scores have it."""
        given = _highest(scores) if self._is_single_label else scores >= self._thresholds
        if (unsure := self.unsure(scores)) is not None:
            given[unsure] = False
        return given

    def predictions(self, scores: Float32) -> list[Prediction]:
        """Return one prediction for each text. *Shape:* `(texts, labels)`."""
        unsure = self.unsure(scores)
        by_text: Iterable[bool | None] = repeat(None) if unsure is None else unsure.tolist()
        return [
            Prediction(
                labels=tuple(label for label, hit in zip(self._labels, hits, strict=True) if hit),
                scores=dict(zip(self._labels, row, strict=True)),
                unsure=is_unsure,
            )
            for row, hits, is_unsure in zip(
                scores.tolist(), self.decide(scores).tolist(), by_text, strict=False
            )
        ]


def softmax(x: Float32) -> Float32:
    """Compute the softmax of each row, without overflow. *Shape:* `(texts, labels)`."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    shares: Float32 = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _activation(manifest: Manifest) -> Callable[[Float32], Float32]:
    """The function from logits to scores. A variant without calibration computes nothing for it."""
    activation = softmax if manifest.decision == "single-label" else sigmoid
    if manifest.calibration is None:
        return activation
    slopes = np.array(manifest.calibration.slopes, np.float32)
    biases = np.array(manifest.calibration.biases, np.float32)
    return lambda logits: activation(slopes * logits + biases)


def _highest(scores: Float32) -> Bool:
    """Mark the highest score of each row, or the first of several. *Shape:* `(texts, labels)`."""
    marks = np.zeros(scores.shape, np.bool_)
    marks[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return marks

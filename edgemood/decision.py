"""From logits to scores to labels: calibration, adaptation, decision and abstention."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Float32
from edgemood.errors import ScoreError
from edgemood.format.manifest import Adaptation, Calibration, Manifest
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
        self._maps = tuple(_maps(manifest))
        self._activation = softmax if manifest.decision == "single-label" else sigmoid
        self._is_single_label = manifest.decision == "single-label"
        abstention = manifest.abstention
        self._sure_from = np.float32(abstention.threshold) if abstention else None

    def label_logits(self, logits: Float32) -> Float32:
        """Calibrate and adapt the logits of the network. *Shape:* `(texts, labels)`."""
        for apply in self._maps:
            logits = apply(logits)
        return logits

    def scores(self, logits: Float32) -> Float32:
        """Convert logits to scores, each between 0 and 1. *Shape:* `(texts, labels)`.

        Args:
            logits: of the network. *Shape:* `(texts, manifest.outputs)`.

        Raises:
            ScoreError: a score is not finite.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # the scores are checked below
            scores = self._activation(self.label_logits(logits))
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


def with_joined(logits: Float32, groups: Sequence[Sequence[int]]) -> Float32:
    """Append a column for each group of logits: their log-sum-exp, without overflow.

    Among exclusive labels, it is the logit of "one of these".

    Args:
        logits: *Shape:* `(texts, outputs)`.
        groups: columns of the logits.

    Returns:
        *Shape:* `(texts, outputs + groups)`.
    """
    joined = []
    for group in groups:
        part = logits[:, list(group)]
        highest = part.max(axis=1, keepdims=True)
        joined.append(highest + np.log(np.exp(part - highest).sum(axis=1, keepdims=True)))
    return np.concatenate([logits, *joined], axis=1) if joined else logits


def _maps(manifest: Manifest) -> Iterator[Callable[[Float32], Float32]]:
    """The maps between logits and scores. A variant without calibration computes nothing for it."""
    if manifest.calibration:
        yield _calibrate(manifest.calibration)
    if manifest.adaptation:
        yield _adapt(manifest.adaptation)


def _calibrate(calibration: Calibration) -> Callable[[Float32], Float32]:
    slopes = np.array(calibration.slopes, np.float32)
    biases = np.array(calibration.biases, np.float32)
    return lambda logits: slopes * logits + biases


def _adapt(adaptation: Adaptation) -> Callable[[Float32], Float32]:
    columns = np.array(adaptation.weights, np.float32).T
    biases = np.array(adaptation.biases, np.float32)

    def adapted(logits: Float32) -> Float32:
        inputs = with_joined(logits, adaptation.joined)
        total = np.zeros((len(inputs), len(biases)), np.float32)
        # In this order for any number of texts, unlike a matrix product: batches change no score.
        for i, weights in enumerate(columns):
            total += inputs[:, i, None] * weights
        return total + biases

    return adapted


def _highest(scores: Float32) -> Bool:
    """Mark the highest score of each row, or the first of several. *Shape:* `(texts, labels)`."""
    marks = np.zeros(scores.shape, np.bool_)
    marks[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return marks

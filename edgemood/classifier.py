"""Texts to labels: tokenizer, vocabulary, model and thresholds of one artifact put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from edgemood.arrays import Float32
from edgemood.errors import IncompatibleFileError, ScoreError, located_in
from edgemood.format.artifact import Artifact
from edgemood.models import MODELS, Batch, Sizes
from edgemood.models.base import sigmoid
from edgemood.text.tokenizer import TOKENIZER_VERSION, tokenize
from edgemood.text.vocabulary import UNKNOWN

MAX_CHUNK_TOKENS = 16_384
"""Tokens whose vectors are decoded at once, unless a single text has more."""


@dataclass(frozen=True)
class Prediction:
    """What a variant says of one text."""

    labels: tuple[str, ...]
    """Labels whose score reaches their threshold, in the artifact's order; may be empty."""
    scores: Mapping[str, float]
    """Every label's score, between 0 and 1. They do not sum to one."""


class Classifier:
    """A variant that is ready to run.

    Raises:
        LayoutError: the artifact's weights do not make up its architecture.
        ScoreError: they do not give numbers.
        UnknownNameError: this edgemood does not know the architecture.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.labels = artifact.manifest.labels
        self._thresholds = np.array(artifact.manifest.thresholds, dtype=np.float32)
        self._model = MODELS[artifact.manifest.architecture].from_weights(
            _sizes(artifact), artifact.weights
        )
        # The first product expands small layers; doing it now makes memory figures final.
        self.scores([""])

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a variant file.

        Raises:
            ArtifactError: it cannot be used; the message names the file, the part and the fix.
        """
        path = Path(path)
        artifact = Artifact.open(path)
        version = artifact.manifest.tokenizer_version
        if version != TOKENIZER_VERSION:
            problem = f"made with tokenizer {version}, this edgemood has {TOKENIZER_VERSION}"
            fix = "use the edgemood that built it, or build it again"
            raise IncompatibleFileError(path, part="tokenizer_version", problem=problem, fix=fix)
        with located_in(path, "architecture"):
            return cls(artifact)

    @property
    def resident_bytes(self) -> dict[str, int]:
        """Bytes in memory by part: vocabulary, weights, and what was made of them for speed."""
        weights = {name: weight.resident_bytes for name, weight in self.artifact.weights.items()}
        vocabulary = {"vocabulary": self.artifact.vocabulary.resident_bytes}
        return {**vocabulary, **weights, **self._model.resident_bytes}

    def encode(self, texts: Sequence[str]) -> Batch:
        """Texts to rows of the token table. A text without tokens is one unknown token."""
        ids = self.artifact.vocabulary.ids
        return Batch.from_lists([ids(tokenize(text)) or [UNKNOWN] for text in texts])

    def infer(self, batch: Batch) -> Float32:
        """Rows to scores. *Shape:* `(texts, labels)`, each between 0 and 1.

        Raises:
            ScoreError: a score is not a number.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at below
            first, *others = [self._model.logits(c) for c in batch.chunks(MAX_CHUNK_TOKENS)]
            scores = sigmoid(np.concatenate([first, *others]) if others else first)
        if not np.isfinite(scores).all():
            raise ScoreError("the weights give scores that are not numbers")
        return scores

    def scores(self, texts: Sequence[str]) -> Float32:
        """Texts to scores. *Shape:* `(texts, labels)`; no texts give no rows."""
        if not texts:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        return self.infer(self.encode(texts))

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Texts to labels, one prediction a text."""
        return self.predictions(self.scores(texts))

    def predictions(self, scores: Float32) -> list[Prediction]:
        """Apply the thresholds. `scores` has the *Shape:* `(texts, labels)`."""
        reached = (scores >= self._thresholds).tolist()
        return [
            Prediction(
                labels=tuple(
                    label for label, given in zip(self.labels, hits, strict=True) if given
                ),
                scores=dict(zip(self.labels, row, strict=True)),
            )
            for row, hits in zip(scores.tolist(), reached, strict=True)
        ]


def _sizes(artifact: Artifact) -> Sizes:
    """The manifest's sizes and the two that follow from other parts of the artifact."""
    derived = {"rows": len(artifact.vocabulary), "labels": len(artifact.manifest.labels)}
    return {**artifact.manifest.sizes, **derived}

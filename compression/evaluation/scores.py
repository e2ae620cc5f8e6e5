"""Scores of a variant, computed by `edgemood` as in production, and the thresholds they suit."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import SoftLabels
from compression.metrics.thresholds import tune_thresholds
from edgemood import Artifact, Classifier

_TEXTS_AT_ONCE = 1024


def predict_scores(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float32]:
    """Scores of any number of texts, in batches. *Shape:* `(texts, labels)`."""
    starts = range(0, len(texts), _TEXTS_AT_ONCE)
    return np.concatenate([classifier.scores(texts[i : i + _TEXTS_AT_ONCE]) for i in starts])


def with_tuned_thresholds(artifact: Artifact, dev: SoftLabels) -> Artifact:
    """The artifact with the thresholds of highest F1 on these texts.

    Args:
        artifact: the variant; its present thresholds are ignored.
        dev: texts to tune on.
    """
    scores = predict_scores(Classifier(artifact), dev.texts)
    return artifact.with_manifest(thresholds=tune_thresholds(scores, dev.targets).tolist())

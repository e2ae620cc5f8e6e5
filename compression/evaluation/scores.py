"""Logits and scores of a variant, computed by `edgemood` as in production."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edgemood import Classifier

_TEXTS_AT_ONCE = 1024


def predict_scores(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float32]:
    """Scores of any number of texts, in batches. *Shape:* `(texts, labels)`."""
    return np.concatenate([classifier.scores(part) for part in _parts(texts)])


def predict_logits(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float32]:
    """Logits of any number of texts, before calibration. *Shape:* `(texts, labels)`.

    The classifier's rule makes of them exactly the scores of `predict_scores`.
    """
    return np.concatenate(
        [classifier.logits(batch) for part in _parts(texts) for batch in classifier.batches(part)]
    )


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        yield texts[start : start + _TEXTS_AT_ONCE]

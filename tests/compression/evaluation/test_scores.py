"""Scores in batches, and thresholds tuned on them."""

import numpy as np
import pytest

from compression.data.dataset import SoftLabels
from compression.evaluation import scores
from compression.evaluation.scores import predict_scores, with_tuned_thresholds
from edgemood import Artifact, Classifier

TEXTS = ("happy", "sad", "i am", "sad sad", "am i happy")


def test_batches_do_not_change_scores(artifact: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier(artifact)
    whole = predict_scores(classifier, TEXTS)
    assert whole.shape == (5, 3)
    monkeypatch.setattr(scores, "_TEXTS_AT_ONCE", 2)
    np.testing.assert_array_equal(predict_scores(classifier, TEXTS), whole)


def test_tuned_thresholds_reproduce_separable_labels(artifact: Artifact) -> None:
    found = predict_scores(Classifier(artifact), TEXTS)
    # A label is true for the texts with the higher scores.
    targets = found > np.median(found, axis=0)
    tuned = with_tuned_thresholds(artifact, SoftLabels(tuple(TEXTS), targets.astype(np.float64)))
    assert tuned.manifest.thresholds != artifact.manifest.thresholds
    thresholds = np.array(tuned.manifest.thresholds, dtype=np.float32)
    np.testing.assert_array_equal(found >= thresholds, targets)

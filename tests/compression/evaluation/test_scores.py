"""Logits and scores in batches."""

import numpy as np
import pytest

from compression.evaluation import scores
from compression.evaluation.scores import predict_logits, predict_scores
from edgemood import Artifact, Classifier

TEXTS = ("happy", "sad", "i am", "sad sad", "am i happy")


def test_batches_do_not_change_scores(artifact: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier(artifact)
    whole = predict_scores(classifier, TEXTS)
    assert whole.shape == (5, 3)
    monkeypatch.setattr(scores, "_TEXTS_AT_ONCE", 2)
    np.testing.assert_array_equal(predict_scores(classifier, TEXTS), whole)


def test_the_rule_turns_logits_into_the_same_scores(
    artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "_TEXTS_AT_ONCE", 2)
    classifier = Classifier(
        artifact.with_manifest(calibration={"slopes": (2, 1, 1), "biases": (0, 1, 0)})
    )
    logits = predict_logits(classifier, TEXTS)
    # Word vectors (4, 0), layer (1, 0), bias -1: "happy" has the logit 3 for joy.
    assert logits[0].tolist() == [3, -1, -3]
    np.testing.assert_array_equal(classifier.rule.scores(logits), predict_scores(classifier, TEXTS))

"""Figures of texts with exactly one label, by hand and against scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, f1_score

from compression.errors import CompressionError
from compression.evaluation.single_label import (
    measure_single_label,
    normalized,
    single_label_texts,
)
from compression.evaluation.statistics import ScoredSplit, at_thresholds
from compression.metrics.bootstrap import bootstrap_weights

LABELS = ("joy", "sadness", "neutral")


def test_texts_of_no_or_several_labels_do_not_count() -> None:
    targets = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], dtype=bool)
    assert single_label_texts(targets, "test").tolist() == [True, False, False, True]
    with pytest.raises(CompressionError, match="no text of the dev split has exactly one label"):
        single_label_texts(targets[1:3], "dev")


def test_scores_of_a_multi_label_variant_become_the_softmax_of_its_logits() -> None:
    logits = np.random.default_rng(0).normal(scale=3, size=(20, 3))
    scores = expit(logits).astype(np.float32)
    np.testing.assert_allclose(normalized(scores, "multi-label"), softmax(logits, axis=1), 1e-3)


def test_scores_of_a_single_label_variant_stay() -> None:
    scores = np.array([[0.25, 0.75]], dtype=np.float32)
    np.testing.assert_array_equal(normalized(scores, "single-label"), scores)


def test_saturated_scores_share_the_probability() -> None:
    found = normalized(np.array([[1, 1, 0]], dtype=np.float32), "multi-label")
    assert found[0] == pytest.approx([0.5, 0.5, 0], abs=1e-6)


def test_figures_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    scores = generator.random((200, 3)).astype(np.float32)
    targets = generator.random((200, 3)) < 0.4
    weights = bootstrap_weights(200, resamples=300, seed=0)
    # Neither thresholds nor abstention play a part.
    scored = ScoredSplit.of(scores, targets, at_thresholds(1.0), weights)
    single = single_label_texts(targets, "test")
    found = measure_single_label(LABELS, scored, "multi-label", weights, single)
    true, given = targets[single].argmax(axis=1), scores[single].argmax(axis=1)
    assert found.texts == single.sum() < 200
    assert found.accuracy.estimate == pytest.approx(accuracy_score(true, given))
    assert found.macro_f1.estimate == pytest.approx(f1_score(true, given, average="macro"))
    by_label = [f1.estimate for f1 in found.label_f1.values()]
    assert by_label == pytest.approx(f1_score(true, given, average=None))
    for figure in (found.accuracy, found.macro_f1, found.ece, *found.label_f1.values()):
        assert figure.low < figure.estimate < figure.high


def test_the_error_of_the_highest_score_by_hand() -> None:
    scores = np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2]], dtype=np.float32)
    targets = np.array([[1, 0, 0], [1, 0, 0]], dtype=bool)
    weights = bootstrap_weights(2, resamples=10, seed=0)
    scored = ScoredSplit.of(scores, targets, at_thresholds(0.5), weights)
    single = single_label_texts(targets, "test")
    found = measure_single_label(LABELS, scored, "single-label", weights, single)
    # .8 is right, .6 is wrong.
    assert found.ece.estimate == pytest.approx((0.2 + 0.6) / 2)
    assert found.accuracy.estimate == 0.5

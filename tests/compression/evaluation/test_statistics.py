"""Statistics of scores, against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from compression.data.dataset import Split
from compression.errors import CompressionError
from compression.evaluation.joining import LabelJoin
from compression.evaluation.statistics import (
    ScoredSplit,
    at_thresholds,
    averages,
    estimate,
    label_f1,
    label_ratios,
    manifest_metrics,
    mean_macro_f1,
    mean_macro_f1_samples,
    spread,
)
from compression.metrics.bootstrap import bootstrap_weights
from compression.metrics.f1 import example_counts
from edgemood import Artifact, Classifier

LABELS = ("joy", "sadness", "neutral")
THRESHOLDS = (0.5, 0.4, 0.6)


def scored_split(seed: int) -> ScoredSplit:
    generator = np.random.default_rng(seed)
    scores = generator.random((40, 3)).astype(np.float32)
    targets = np.random.default_rng(0).random((40, 3)) < 0.4
    weights = bootstrap_weights(40, resamples=200, seed=0)
    return ScoredSplit.of(scores, targets, at_thresholds(THRESHOLDS), weights)


def test_averages_are_those_of_scikit_learn() -> None:
    scored = scored_split(1)
    found = averages(scored.tuned_counts)
    for name, ratios in (("macro", found.macro), ("micro", found.micro)):
        precision, recall, f1, _ = precision_recall_fscore_support(
            scored.targets, scored.decisions, average=name, zero_division=0
        )
        assert (ratios.f1, ratios.precision, ratios.recall) == pytest.approx(
            (f1, precision, recall)
        )
    assert scored.macro_f1 == pytest.approx(found.macro.f1)
    assert scored.micro_f1 == pytest.approx(found.micro.f1)


def test_label_ratios_are_those_of_scikit_learn() -> None:
    scored = scored_split(1)
    counts = scored.counts(at_thresholds(0.3))
    expected = f1_score(scored.targets, scored.scores >= 0.3, average=None)
    assert [r.f1 for r in label_ratios(LABELS, counts).values()] == pytest.approx(expected)


def test_several_classifiers_are_averaged() -> None:
    group = [scored_split(1), scored_split(2)]
    counts = [scored.tuned_counts for scored in group]
    alone = [averages(own).macro.precision for own in counts]
    assert averages(*counts).macro.precision == pytest.approx(np.mean(alone))
    joy = [label_ratios(LABELS, own)["joy"].recall for own in counts]
    assert label_ratios(LABELS, *counts)["joy"].recall == pytest.approx(np.mean(joy))
    assert mean_macro_f1(group) == pytest.approx(np.mean([scored.macro_f1 for scored in group]))
    samples = [scored.macro_f1_samples for scored in group]
    np.testing.assert_allclose(mean_macro_f1_samples(group), np.mean(samples, axis=0))


def test_each_label_has_an_interval_around_its_f1() -> None:
    scored = scored_split(1)
    expected = f1_score(scored.targets, scored.decisions, average=None)
    found = list(label_f1(scored))
    assert [f1.estimate for f1 in found] == pytest.approx(expected)
    assert all(f1.low < f1.estimate < f1.high for f1 in found)


def test_samples_have_one_value_for_each_resample() -> None:
    scored = scored_split(1)
    assert scored.macro_f1_samples.shape == scored.micro_f1_samples.shape == (200,)
    found = estimate(scored.micro_f1, scored.micro_f1_samples)
    assert (found.low, found.high) == pytest.approx(
        np.percentile(scored.micro_f1_samples, (2.5, 97.5))
    )


def test_spread_is_the_sample_standard_deviation() -> None:
    found = spread([1.0, 2.0, 6.0])
    assert (found.mean, found.sd) == pytest.approx((3.0, 7**0.5))


def test_manifest_metrics_are_those_of_scikit_learn(artifact: Artifact) -> None:
    texts = ("happy", "sad", "i am", "happy sad", "am")
    targets = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool)
    scores = Classifier(artifact).scores(texts)
    decisions = scores >= np.array(artifact.manifest.thresholds, dtype=np.float32)
    found = manifest_metrics(artifact, Split(texts, targets))
    for average in ("macro", "micro"):
        expected = f1_score(targets, decisions, average=average, zero_division=0)
        assert found[f"{average}_f1"] == pytest.approx(expected, abs=5e-5)
    at_half = f1_score(targets, scores >= 0.5, average="macro", zero_division=0)
    assert found["macro_f1_at_half"] == pytest.approx(at_half, abs=5e-5)


def test_further_decisions_have_further_metrics(artifact: Artifact) -> None:
    texts = ("happy", "sad", "i am", "happy sad", "am")
    targets = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]], dtype=bool)
    plain = manifest_metrics(artifact, Split(texts, targets))
    changed = artifact.with_manifest(
        calibration={"slopes": (1, 1, 1), "biases": (0, 0, 0)},
        decision="single-label",
        thresholds=(0, 0, 0),
        abstention={"threshold": 0.7, "coverage": 1},
    )
    found = manifest_metrics(changed, Split(texts, targets))
    assert set(found) - set(plain) == {"calibration_error", "accuracy", "coverage"}
    # "happy sad" has the average logits (1, 1, -1): the first one is chosen, which is wrong. Three
    # of the four texts with one label are right.
    assert found["accuracy"] == 0.75
    # "happy sad" alone is unsure. The other answers are right, but one lacks a label.
    assert found["coverage"] == 0.8
    assert found["macro_precision"] == 1


def joined_split(seed: int) -> ScoredSplit:
    """Scores of four labels, of which the first and the last count as joy."""
    scores = np.random.default_rng(seed).random((40, 4)).astype(np.float32)
    weights = bootstrap_weights(40, resamples=200, seed=0)
    join = LabelJoin.of(("joy", "sadness", "neutral", "pride"), LABELS, {"pride": "joy"})
    targets = scored_split(seed).targets
    return ScoredSplit.of(scores, targets, at_thresholds((*THRESHOLDS, 0.9)), weights, join=join)


def test_joined_labels_are_given_at_their_own_thresholds() -> None:
    scored = joined_split(1)
    joy = (scored.own_scores[:, 0] >= 0.5) | (scored.own_scores[:, 3] >= 0.9)
    np.testing.assert_array_equal(scored.decisions[:, 0], joy)
    np.testing.assert_array_equal(scored.decisions[:, 1], scored.own_scores[:, 1] >= 0.4)
    np.testing.assert_array_equal(scored.scores[:, 0], scored.own_scores[:, [0, 3]].max(axis=1))
    expected = f1_score(scored.targets, scored.decisions, average="macro", zero_division=0)
    assert scored.macro_f1 == pytest.approx(expected)


def test_decisions_of_a_reference_apply_to_its_own_labels_or_to_those_of_the_data() -> None:
    joined, plain = joined_split(1), scored_split(2)
    as_other = joined.counts_as_decided_by(joined_split(3))
    for found, expected in zip(as_other, joined.tuned_counts, strict=True):
        np.testing.assert_array_equal(found, expected)
    as_plain = joined.counts_as_decided_by(plain)
    expected = example_counts(joined.scores >= np.float32(THRESHOLDS), joined.targets)
    for found, own in zip(as_plain, expected, strict=True):
        np.testing.assert_array_equal(found, own)
    with pytest.raises(CompressionError, match="joy, sadness, neutral, pride suits no variant"):
        plain.counts_as_decided_by(joined)

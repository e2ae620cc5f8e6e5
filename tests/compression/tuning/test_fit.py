"""Decisions fitted to a variant with given logits."""

import numpy as np
import pytest
from scipy.special import expit

from compression.data.dataset import Split
from compression.errors import CompressionError
from compression.metrics.calibration import fit_platt_scaling, fit_vector_scaling
from compression.metrics.thresholds import tune_thresholds
from compression.tuning import fit
from compression.tuning.fit import with_decision
from compression.tuning.settings import AbstentionSettings, DecisionSettings
from compression.tuning.texts import TuningTexts
from edgemood import Artifact
from edgemood.decision import DecisionRule

TEXTS = tuple(f"text {i}" for i in range(400))


@pytest.fixture
def logits(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """What every variant computes for `TEXTS`."""
    found = np.random.default_rng(0).normal(scale=3, size=(400, 3)).astype(np.float32)
    monkeypatch.setattr(fit, "predict_logits", lambda *_: found)
    return found


@pytest.fixture
def dev(logits: np.ndarray) -> Split:
    """Labels that are less certain than the logits."""
    drawn = np.random.default_rng(1).random(logits.shape)
    return Split(TEXTS, drawn < expit(logits / 2 - 0.5))


def decided(artifact: Artifact, dev: Split, **settings: object) -> Artifact:
    texts = TuningTexts(dev, dev.targets.astype(np.float64))
    return with_decision(artifact, DecisionSettings(**settings), texts)  # type: ignore[arg-type]  # fields of the settings


def test_by_default_thresholds_alone_are_tuned(
    artifact: Artifact, dev: Split, logits: np.ndarray
) -> None:
    found = decided(artifact, dev)
    expected = tune_thresholds(DecisionRule(artifact.manifest).scores(logits), dev.targets)
    assert found == artifact.with_manifest(thresholds=expected.tolist())


def test_thresholds_follow_the_soft_targets(
    artifact: Artifact, dev: Split, logits: np.ndarray
) -> None:
    soft = expit(logits.astype(np.float64) - 2)
    found = with_decision(artifact, DecisionSettings(), TuningTexts(dev, soft))
    expected = tune_thresholds(DecisionRule(artifact.manifest).scores(logits), soft)
    assert found.manifest.thresholds == pytest.approx(expected)


def test_the_parts_of_the_texts_have_their_weights(
    artifact: Artifact, dev: Split, logits: np.ndarray
) -> None:
    targets = dev.targets.astype(np.float64)
    texts = TuningTexts(dev, targets, parts=[(100, 1.0), (300, 0.0)])
    found = with_decision(artifact, DecisionSettings(calibrate=True), texts).manifest
    assert found.calibration == decided(artifact, dev, calibrate=True).manifest.calibration
    first = DecisionRule(found).scores(logits)[:100]
    assert found.thresholds == pytest.approx(tune_thresholds(first, targets[:100]))


def test_thresholds_apply_to_calibrated_scores(
    artifact: Artifact, dev: Split, logits: np.ndarray
) -> None:
    manifest = decided(artifact, dev, calibrate=True).manifest
    assert manifest.calibration is not None
    expected = fit_platt_scaling(logits, dev.targets)
    np.testing.assert_allclose(manifest.calibration.slopes, expected.slopes, atol=5e-5)
    np.testing.assert_allclose(manifest.calibration.biases, expected.biases, atol=5e-5)
    assert expected.slopes == pytest.approx([0.5] * 3, abs=0.15)
    scores = DecisionRule(manifest).scores(logits)
    assert manifest.thresholds == pytest.approx(tune_thresholds(scores, dev.targets))


def test_a_single_label_has_no_thresholds(
    artifact: Artifact, dev: Split, logits: np.ndarray
) -> None:
    plain = decided(artifact, dev, decision="single-label").manifest
    assert (plain.thresholds, plain.calibration) == ((0, 0, 0), None)
    manifest = decided(artifact, dev, decision="single-label", calibrate=True).manifest
    assert manifest.calibration is not None
    expected = fit_vector_scaling(logits, dev.targets)
    np.testing.assert_allclose(manifest.calibration.slopes, expected.slopes, atol=5e-5)


@pytest.mark.parametrize("decision", ["multi-label", "single-label"])
def test_abstention_states_what_it_does_on_dev(
    artifact: Artifact, dev: Split, logits: np.ndarray, decision: str
) -> None:
    abstention = AbstentionSettings(coverage=0.6)
    manifest = decided(
        artifact, dev, calibrate=True, decision=decision, abstention=abstention
    ).manifest
    assert manifest.abstention is not None
    rule = DecisionRule(manifest)
    scores = rule.scores(logits)
    unsure = rule.unsure(scores)
    assert unsure is not None
    assert manifest.abstention.coverage == pytest.approx(1 - unsure.mean())
    # 401 * .4 = 160.4: of 400 texts, those below the 160th lowest score are unsure.
    assert unsure.sum() == 159
    given, true = rule.decide(scores)[~unsure], dev.targets[~unsure]
    exact = (given == true).all(axis=1).mean()
    assert manifest.abstention.accuracy == pytest.approx(exact, abs=5e-5)
    assert manifest.abstention.precision == pytest.approx(true[given].mean(), abs=5e-5)


def test_a_precision_is_that_of_the_highest_scores(
    artifact: Artifact, dev: Split, logits: np.ndarray
) -> None:
    abstention = AbstentionSettings(precision=0.7)
    manifest = decided(artifact, dev, abstention=abstention).manifest
    assert manifest.abstention is not None
    assert 0 < manifest.abstention.coverage < 1
    scores = DecisionRule(manifest).scores(logits)
    answered = scores.max(axis=1) >= np.float32(manifest.abstention.threshold)
    top = scores.argmax(axis=1)
    right = dev.targets[np.arange(400), top]
    assert right[answered].mean() > 0.7 > right[~answered].mean()


def test_a_precision_out_of_reach_is_explained(artifact: Artifact, dev: Split) -> None:
    problem = r"precision of 0\.999 .* 90% certainty .* 400 dev texts; of the 40 .*, \d+\.\d% are"
    with pytest.raises(CompressionError, match=problem):
        decided(artifact, dev, abstention=AbstentionSettings(precision=0.999))


def test_labels_that_no_answered_text_has_leave_no_precision(
    artifact: Artifact, dev: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    equal = np.full((400, 3), -30, dtype=np.float32)
    monkeypatch.setattr(fit, "predict_logits", lambda *_: equal)
    monkeypatch.setattr(fit, "tune_thresholds", lambda *_, **__: np.full(3, 0.5))
    manifest = decided(artifact, dev, abstention=AbstentionSettings(coverage=0.5)).manifest
    assert manifest.abstention is not None
    assert (manifest.abstention.coverage, manifest.abstention.precision) == (1, None)

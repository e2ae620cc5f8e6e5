"""Fits calibration, thresholds and abstention of a compressed variant, in this order."""

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.errors import CompressionError
from compression.evaluation.scores import predict_logits
from compression.metrics.abstention import (
    CERTAINTY,
    threshold_for_coverage,
    threshold_for_precision,
    top_is_right,
)
from compression.metrics.calibration import Scaling, fit_platt_scaling, fit_vector_scaling
from compression.metrics.thresholds import tune_thresholds
from compression.tuning.settings import AbstentionSettings, DecisionSettings
from compression.tuning.texts import TuningTexts
from edgemood import Artifact, Classifier
from edgemood.decision import DecisionRule

Float32 = NDArray[np.float32]
_DIGITS = 4


def with_decision(artifact: Artifact, settings: DecisionSettings, dev: TuningTexts) -> Artifact:
    """The artifact with a decision that suits it.

    Scores are calibrated to the labels. The thresholds, of highest F1 on the soft targets, apply to
    calibrated scores. Abstention compares the highest score with the labels.

    Args:
        artifact: the compressed variant; its present thresholds are ignored.
        settings: what to fit. With the defaults it is thresholds alone.
        dev: texts that the variant was not trained on.

    Raises:
        CompressionError: no threshold reaches the precision that is asked for.
    """
    targets = dev.split.targets
    logits = predict_logits(Classifier(artifact), dev.split.texts)
    decided = artifact.with_manifest(decision=settings.decision, thresholds=[0.0] * logits.shape[1])
    if settings.calibrate:
        decided = _with_scaling(decided, _fit_scaling(settings, logits, targets))
    scores = DecisionRule(decided.manifest).scores(logits)
    if settings.decision == "multi-label":
        thresholds = tune_thresholds(scores, dev.soft_targets, parts=dev.parts).tolist()
        decided = decided.with_manifest(thresholds=thresholds)
    if settings.abstention is not None:
        threshold = _abstention_threshold(settings.abstention, scores, targets)
        decided = _with_abstention(decided, threshold, scores, targets)
    return decided


def _fit_scaling(settings: DecisionSettings, logits: Float32, targets: Targets) -> Scaling:
    fit = fit_vector_scaling if settings.decision == "single-label" else fit_platt_scaling
    return fit(logits, targets)


def _with_scaling(artifact: Artifact, scaling: Scaling) -> Artifact:
    # Rounding takes away what depends on the processor; a score changes by less than 0.001.
    rounded = {name: values.round(_DIGITS).tolist() for name, values in scaling._asdict().items()}
    return artifact.with_manifest(calibration=rounded)


def _abstention_threshold(settings: AbstentionSettings, scores: Float32, targets: Targets) -> float:
    confidence = scores.max(axis=1)
    if settings.coverage is not None:
        return threshold_for_coverage(confidence, settings.coverage)
    assert settings.precision is not None  # noqa: S101  # one of the two is given
    right = top_is_right(scores, targets)
    threshold = threshold_for_precision(confidence, right, settings.precision)
    if threshold is None:
        tenth = np.argsort(-confidence)[: max(1, len(confidence) // 10)]
        raise CompressionError(
            f"abstention: a precision of {settings.precision:g} cannot be stated with"
            f" {CERTAINTY:.0%} certainty for any share of the {len(right):,} dev texts; of the"
            f" {len(tenth):,} with the highest scores, {right[tenth].mean():.1%} are right"
        )
    return threshold


def _with_abstention(
    artifact: Artifact, threshold: float, scores: Float32, targets: Targets
) -> Artifact:
    """With the threshold, and what it does to these texts."""
    answered = scores.max(axis=1) >= np.float32(threshold)
    given, true = DecisionRule(artifact.manifest).decide(scores)[answered], targets[answered]
    return artifact.with_manifest(
        abstention={
            "threshold": threshold,
            "coverage": _share(answered.sum(), len(answered)),
            "accuracy": _share((given == true).all(axis=1).sum(), len(given)),
            "precision": _share((given & true).sum(), given.sum()),
        }
    )


def _share(part: int, whole: int) -> float | None:
    return round(float(part / whole), _DIGITS) if whole else None

"""Whether scores are probabilities, and what abstention gains: figures and curves of a variant."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compression.data.dataset import Targets
from compression.evaluation.figures import Estimate, Record
from compression.evaluation.statistics import ScoredSplit, estimate
from compression.metrics.abstention import (
    RiskCoverage,
    resampled_area,
    risk_coverage,
    top_is_right,
)
from compression.metrics.bootstrap import centred_interval, resample, resampled_mean
from compression.metrics.calibration_error import (
    BINS,
    chance_error,
    expected_calibration_error,
    reliability_curve,
    resampled_calibration_error,
    squared_errors,
)
from compression.metrics.f1 import Counts, Float, macro, totals
from edgemood.format.manifest import Abstention

CURVE_STEPS = 50
"""Points of a risk-coverage curve."""
_DIGITS = 4
"""Of the points of curves, which are drawn only."""


class CalibrationResult(Record):
    """How far a variant's scores are from probabilities."""

    ece: Annotated[
        dict[str, Estimate],
        Field(description=f"expected calibration error of each label, {BINS} bins of equal mass"),
    ]
    mean_ece: Annotated[Estimate, Field(description="over labels")]
    mean_ece_equal_width: Annotated[
        float, Field(description=f"with {BINS} bins of equal width, as older papers have it")
    ]
    mean_chance: Annotated[
        float, Field(description="mean ECE to expect if every score were the true probability")
    ]
    mean_brier: Annotated[Estimate, Field(description="Brier score, mean over labels")]


class Answers(Record):
    """The texts that an abstaining variant answers."""

    coverage: Annotated[Estimate, Field(description="share of the texts")]
    right: Annotated[
        Estimate, Field(description="share whose highest-scoring label is one of theirs")
    ]
    macro_f1: Annotated[Estimate, Field(description="of these texts alone")]


class AbstentionResult(Record):
    """What a variant gains by not answering the texts with its lowest scores."""

    right: Annotated[
        Estimate, Field(description="share of all texts whose highest-scoring label is theirs")
    ]
    area: Annotated[
        Estimate, Field(description="under the risk-coverage curve: mean risk over all coverages")
    ]
    answers: Annotated[Answers | None, Field(description="if the variant abstains")] = None


class Reliability(Record):
    """The reliability curve of a label; each list has a number a bin."""

    texts: tuple[int, ...]
    score: Annotated[tuple[float, ...], Field(description="mean score")]
    observed: Annotated[tuple[float, ...], Field(description="share with the label")]


class Curves(Record):
    """What the plots of a variant show."""

    reliability: dict[str, Reliability]
    coverage: tuple[float, ...]
    risk: Annotated[tuple[float, ...], Field(description="at each coverage")]
    label_pairs: Annotated[
        tuple[tuple[int, ...], ...],
        Field(description="texts with the label of the row that were given that of the column"),
    ] = ()


def measure_calibration(
    labels: Sequence[str], scored: ScoredSplit, weights: NDArray[np.float32]
) -> CalibrationResult:
    """Calibration error and Brier score.

    Args:
        labels: names of the columns.
        scored: scores of a variant.
        weights: of the examples in each resample.
    """
    scores, targets = scored.scores, scored.targets
    errors = expected_calibration_error(scores, targets)
    resampled = resampled_calibration_error(scores, targets, weights)
    squares = squared_errors(scores, targets).mean(axis=1)
    return CalibrationResult(
        ece={
            label: centred_estimate(float(error), samples)
            for label, error, samples in zip(labels, errors, resampled.T, strict=True)
        },
        mean_ece=centred_estimate(float(errors.mean()), resampled.mean(axis=1)),
        mean_ece_equal_width=float(
            expected_calibration_error(scores, targets, binning="equal-width").mean()
        ),
        mean_chance=float(chance_error(scores).mean()),
        mean_brier=estimate(float(squares.mean()), resampled_mean(squares, weights)),
    )


def measure_abstention(
    abstention: Abstention | None, scored: ScoredSplit, weights: NDArray[np.float32]
) -> AbstentionResult:
    """Risk and coverage.

    Args:
        abstention: of the variant, if it has any.
        scored: its scores.
        weights: of the examples in each resample.
    """
    right, confidence = top_is_right(scored.scores, scored.targets), scored.scores.max(axis=1)
    area = risk_coverage(confidence, right).area
    answers = None
    if abstention:
        answered = confidence >= np.float32(abstention.threshold)
        answers = _answers(scored, right, answered, weights)
    return AbstentionResult(
        right=mean_estimate(right, weights),
        area=estimate(area, resampled_area(confidence, right, weights)),
        answers=answers,
    )


def _answers(
    scored: ScoredSplit,
    right: NDArray[np.bool_],
    answered: NDArray[np.bool_],
    weights: NDArray[np.float32],
) -> Answers:
    counts = Counts(*(own * answered[:, None] for own in scored.tuned_counts))
    of_answered = weights[:, answered]
    return Answers(
        coverage=mean_estimate(answered, weights),
        right=mean_estimate(right[answered], of_answered),
        macro_f1=estimate(float(macro(totals(counts)).f1), macro(resample(counts, weights)).f1),
    )


def measure_curves(labels: Sequence[str], scored: ScoredSplit) -> Curves:
    """Reliability of each label, the risk at each coverage, and labels given by true label.

    Args:
        labels: names of the columns.
        scored: scores of a variant.
    """
    confidence = scored.scores.max(axis=1)
    risks = risk_coverage(confidence, top_is_right(scored.scores, scored.targets))
    steps = _steps(risks)
    return Curves(
        reliability={
            label: _reliability(scores, targets)
            for label, scores, targets in zip(
                labels, scored.scores.T, scored.targets.T, strict=True
            )
        },
        coverage=_rounded(risks.coverage[steps]),
        risk=_rounded(risks.risk[steps]),
        label_pairs=_label_pairs(scored.targets, scored.decisions),
    )


def _label_pairs(targets: Targets, given: Targets) -> tuple[tuple[int, ...], ...]:
    counts = targets.T.astype(np.int64) @ given.astype(np.int64)
    return tuple(map(tuple, counts.tolist()))


def mean_estimate(values: NDArray[np.bool_] | Float, weights: NDArray[np.float32]) -> Estimate:
    """The mean of values of examples; 0 without examples."""
    figures = values.astype(np.float64)
    return estimate(
        float(figures.mean()) if len(figures) else 0.0, resampled_mean(figures, weights)
    )


def centred_estimate(figure: float, samples: Float) -> Estimate:
    """A calibration error with its interval."""
    return Estimate(**centred_interval(figure, samples)._asdict())


def _steps(risks: RiskCoverage) -> NDArray[np.int64]:
    """Positions of up to `CURVE_STEPS` points, evenly spread, the last one included."""
    texts = len(risks.risk)
    return np.unique(np.ceil(np.linspace(0, texts, CURVE_STEPS + 1)[1:]).astype(np.int64) - 1)


def _reliability(scores: NDArray[np.float32], targets: Targets) -> Reliability:
    curve = reliability_curve(scores, targets)
    return Reliability(
        texts=tuple(curve.texts.tolist()),
        score=_rounded(curve.score),
        observed=_rounded(curve.observed),
    )


def _rounded(values: Float) -> tuple[float, ...]:
    return tuple(values.round(_DIGITS).tolist())

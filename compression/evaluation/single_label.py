"""Figures that compare with published ones of single-label classifiers.

They are of the texts that have exactly one label. Each text gets the label with the highest score,
whatever the variant's own decision, thresholds and abstention. Scores are normalised to sum to one:
those of a single-label variant are the softmax of its logits already; those of a multi-label
variant are the softmax of `log(score / (1 - score))`, its calibrated logits, which keeps their
order. The figures of a multi-label variant are thus those of the same file with `decision =
"single-label"` and the calibration that it has.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compression.data.dataset import Targets
from compression.errors import CompressionError
from compression.evaluation.calibration import centred_estimate, mean_estimate
from compression.evaluation.figures import Estimate, Record
from compression.evaluation.statistics import ScoredSplit, estimate
from compression.metrics.abstention import top_is_right
from compression.metrics.bootstrap import resample
from compression.metrics.calibration_error import (
    expected_calibration_error,
    resampled_calibration_error,
)
from compression.metrics.f1 import Float, example_counts, macro, per_label, totals
from edgemood.format.manifest import Decision

_LARGEST_SCORE = 1 - 1e-7
"""Odds are finite up to here; float32 scores of larger logits are 1."""


class SingleLabelResult(Record):
    """Figures of the texts with exactly one label, each of which gets one label."""

    texts: int
    accuracy: Estimate
    macro_f1: Estimate
    label_f1: dict[str, Estimate]
    ece: Annotated[
        Estimate, Field(description="of the highest normalised score: is the label right as often?")
    ]


def single_label_texts(targets: Targets, split: str) -> NDArray[np.bool_]:
    """Which texts have exactly one label. *Shape:* `(texts,)`.

    Raises:
        CompressionError: none has.
    """
    single: NDArray[np.bool_] = targets.sum(axis=1) == 1
    if not single.any():
        raise CompressionError(f"no text of the {split} split has exactly one label")
    return single


def right_answers(
    scored: ScoredSplit, decision: Decision, single: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the label with the highest score is the text's own. *Shape:* `(texts,)`.

    Args:
        scored: scores of all texts.
        decision: of the variant.
        single: which texts have exactly one label; the others are left out.
    """
    return top_is_right(normalized(scored.scores[single], decision), scored.targets[single])


def measure_single_label(
    labels: Sequence[str],
    scored: ScoredSplit,
    decision: Decision,
    weights: NDArray[np.float32],
    single: NDArray[np.bool_],
) -> SingleLabelResult:
    """Accuracy and F1 of the label with the highest score.

    Args:
        labels: names of the columns.
        scored: scores of all texts.
        decision: of the variant.
        weights: of all texts in each resample.
        single: which texts have exactly one label.
    """
    scores, targets = normalized(scored.scores[single], decision), scored.targets[single]
    own_weights = weights[:, single]
    counts = example_counts(_highest(scores), targets)
    resampled = resample(counts, own_weights)
    f1 = zip(labels, per_label(totals(counts)).f1, per_label(resampled).f1.T, strict=True)
    right = right_answers(scored, decision, single)
    return SingleLabelResult(
        texts=len(targets),
        accuracy=mean_estimate(right, own_weights),
        macro_f1=estimate(float(macro(totals(counts)).f1), macro(resampled).f1),
        label_f1={label: estimate(float(own), samples) for label, own, samples in f1},
        ece=_confidence_error(scores.max(axis=1), right, own_weights),
    )


def normalized(scores: NDArray[np.float32], decision: Decision) -> Float:
    """Scores that sum to one for each text. *Shape:* `(texts, labels)`, as given."""
    if decision == "single-label":
        return scores.astype(np.float64)
    clipped = scores.astype(np.float64).clip(1 - _LARGEST_SCORE, _LARGEST_SCORE)
    odds = clipped / (1 - clipped)
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _highest(scores: Float) -> Targets:
    return np.asarray(np.eye(scores.shape[1], dtype=np.bool_)[scores.argmax(axis=1)])


def _confidence_error(
    confidence: Float, right: NDArray[np.bool_], weights: NDArray[np.float32]
) -> Estimate:
    column, truth = confidence[:, None], right[:, None]
    error = float(expected_calibration_error(column, truth)[0])
    return centred_estimate(error, resampled_calibration_error(column, truth, weights)[:, 0])

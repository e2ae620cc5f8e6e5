"""F1, precision and recall of scores, with bootstrap intervals."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Split, Targets
from compression.errors import CompressionError
from compression.evaluation.figures import Averages, Estimate, Ratios, Spread
from compression.evaluation.joining import LabelJoin
from compression.evaluation.scores import predict_scores
from compression.metrics.abstention import top_is_right
from compression.metrics.bootstrap import percentile_interval, resample
from compression.metrics.calibration_error import expected_calibration_error
from compression.metrics.f1 import (
    Counts,
    Float,
    Quality,
    example_counts,
    macro,
    micro,
    per_label,
    totals,
)
from edgemood import Artifact, Classifier

RESAMPLES = 2000
"""Of the texts of a split, for every interval of an evaluation."""
BOOTSTRAP_SEED = 0
Decide = Callable[[NDArray[np.float32]], Targets]
"""From scores to the labels given. *Shape:* `(examples, labels)` both."""


def at_thresholds(thresholds: Sequence[float] | NDArray[np.float64] | float) -> Decide:
    """Gives the labels whose scores are at least their thresholds."""
    levels = np.array(thresholds, dtype=np.float32)
    return lambda scores: scores >= levels


AT_HALF = at_thresholds(0.5)
"""The threshold of the survey that the results are compared with."""


@dataclass(frozen=True)
class ScoredSplit:
    """A classifier's scores on a split, and the bootstrap of its counts.

    Scores and targets have the shape `(examples, labels)`.
    """

    own_scores: NDArray[np.float32]
    """Of the classifier's own labels."""
    targets: Targets
    decide: Decide
    """The classifier's own: by thresholds, or the highest score; it may abstain."""
    join: LabelJoin | None
    """From the classifier's labels to those of the targets, if they differ."""
    resampled: Counts
    """Of its decisions, in each resample. *Shape:* `(resamples, labels)`."""

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float32],
        targets: Targets,
        decide: Decide,
        weights: NDArray[np.float32],
        *,
        join: LabelJoin | None = None,
    ) -> Self:
        """Resample the counts of the classifier's decisions.

        Args:
            scores: of the classifier, for its own labels.
            targets: true labels.
            decide: the classifier's decisions.
            weights: see `compression.metrics.bootstrap.bootstrap_weights`; the same for every
                classifier of an evaluation, so that differences are paired.
            join: from the classifier's labels to those of the targets, if they differ.
        """
        given = join(decide(scores)) if join else decide(scores)
        counts = resample(example_counts(given, targets), weights)
        return cls(scores, targets, decide, join, counts)

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """Of the labels of the targets."""
        return self.join(self.own_scores) if self.join else self.own_scores

    def counts(self, decide: Decide) -> Counts:
        """Counts of each example and label with other decisions on the classifier's own labels."""
        return example_counts(self._joined(decide(self.own_scores)), self.targets)

    def counts_as_decided_by(self, other: Self) -> Counts:
        """Counts of each example and label with the decisions of another classifier.

        Raises:
            CompressionError: it has other labels, which are not those of the targets either.
        """
        if (self.join and self.join.own) == (other.join and other.join.own):
            return self.counts(other.decide)
        if other.join is not None:
            raise CompressionError(
                f"a reference with the labels {', '.join(other.join.own)} suits no variant with"
                " other labels"
            )
        return example_counts(other.decide(self.scores), self.targets)

    def _joined(self, decisions: Targets) -> Targets:
        return self.join(decisions) if self.join else decisions

    @cached_property
    def tuned_counts(self) -> Counts:
        """Counts of each example and label with the classifier's own decisions."""
        return self.counts(self.decide)

    @property
    def decisions(self) -> Targets:
        """Predicted labels."""
        return self._joined(self.decide(self.own_scores))

    @cached_property
    def macro_f1(self) -> float:
        """With the classifier's own decisions."""
        return float(macro(totals(self.tuned_counts)).f1)

    @cached_property
    def micro_f1(self) -> float:
        """With the classifier's own decisions."""
        return float(micro(totals(self.tuned_counts)).f1)

    @property
    def mean_ece(self) -> float:
        """Mean calibration error of the labels."""
        return float(expected_calibration_error(self.scores, self.targets).mean())

    @property
    def macro_f1_samples(self) -> NDArray[np.float64]:
        """In each resample. *Shape:* `(resamples,)`."""
        return macro(self.resampled).f1

    @property
    def micro_f1_samples(self) -> NDArray[np.float64]:
        """In each resample. *Shape:* `(resamples,)`."""
        return micro(self.resampled).f1


def mean_macro_f1(group: Sequence[ScoredSplit]) -> float:
    """Mean macro-F1 of several classifiers."""
    return float(np.mean([scored.macro_f1 for scored in group]))


def mean_macro_f1_samples(group: Sequence[ScoredSplit]) -> NDArray[np.float64]:
    """Mean macro-F1 of several classifiers in each resample. *Shape:* `(resamples,)`."""
    mean: NDArray[np.float64] = np.mean([scored.macro_f1_samples for scored in group], axis=0)
    return mean


def spread(figures: Sequence[float]) -> Spread:
    """Mean and sample standard deviation over seeds."""
    return Spread(mean=float(np.mean(figures)), sd=float(np.std(figures, ddof=1)))


def estimate(figure: float, samples: NDArray[np.float64]) -> Estimate:
    """A figure with the percentile interval of its resampled values."""
    return Estimate(**percentile_interval(figure, samples)._asdict())


def mean_of_seeds(figures: Sequence[float], samples: NDArray[np.float64]) -> Estimate:
    """The mean of a figure over seeds; its interval covers the choice of texts and of seeds.

    Args:
        figures: of each seed.
        samples: of each seed in each resample of the texts, in which the seeds are drawn with
            replacement as well. *Shape:* `(seeds, resamples)`.
    """
    drawn = np.random.default_rng(BOOTSTRAP_SEED).integers(len(figures), size=samples.shape)
    return estimate(
        float(np.mean(figures)), np.take_along_axis(samples, drawn, axis=0).mean(axis=0)
    )


def averages(*counts: Counts) -> Averages:
    """Macro and micro averages; of the counts of several classifiers, their mean."""
    return Averages(
        macro=_ratios(_mean_quality([macro(totals(own)) for own in counts])),
        micro=_ratios(_mean_quality([micro(totals(own)) for own in counts])),
    )


def label_ratios(labels: Sequence[str], *counts: Counts) -> dict[str, Ratios]:
    """Ratios of each label; of the counts of several classifiers, their mean."""
    quality = _mean_quality([per_label(totals(own)) for own in counts])
    rows = zip(labels, *quality, strict=True)
    return {label: _ratios(Quality(*ratios)) for label, *ratios in rows}


def label_f1(scored: ScoredSplit) -> Iterator[Estimate]:
    """F1 of each label with the classifier's own decisions."""
    found = per_label(totals(scored.tuned_counts)).f1
    for f1, samples in zip(found, per_label(scored.resampled).f1.T, strict=True):
        yield estimate(float(f1), samples)


def manifest_metrics(artifact: Artifact, examples: Split) -> dict[str, float]:
    """The metrics that a manifest carries, with the four digits that thousands of texts support."""
    classifier = Classifier(artifact)
    scores = predict_scores(classifier, examples.texts)
    counts, at_half = (
        totals(example_counts(decide(scores), examples.targets))
        for decide in (classifier.rule.decide, AT_HALF)
    )
    figures: dict[str, float | Float] = {
        "macro_f1": macro(counts).f1,
        "micro_f1": micro(counts).f1,
        "macro_precision": macro(counts).precision,
        "macro_recall": macro(counts).recall,
        "macro_f1_at_half": macro(at_half).f1,
        **dict(_decision_metrics(classifier, scores, examples.targets)),
    }
    return {name: round(float(figure), 4) for name, figure in figures.items()}


def _decision_metrics(
    classifier: Classifier, scores: NDArray[np.float32], targets: Targets
) -> Iterator[tuple[str, float]]:
    """The further metrics of calibrated, single-label and abstaining variants."""
    manifest = classifier.artifact.manifest
    if manifest.calibration:
        yield "calibration_error", float(expected_calibration_error(scores, targets).mean())
    if manifest.decision == "single-label":
        single = targets.sum(axis=1) == 1
        yield "accuracy", float(top_is_right(scores, targets)[single].mean()) if single.any() else 0
    if (unsure := classifier.rule.unsure(scores)) is not None:
        yield "coverage", float(1 - unsure.mean())


def _mean_quality(found: Sequence[Quality]) -> Quality:
    return Quality(*(np.mean(ratios, axis=0) for ratios in zip(*found, strict=True)))


def _ratios(quality: Quality) -> Ratios:
    return Ratios(**{name: float(ratio) for name, ratio in quality._asdict().items()})

"""F1, precision and recall of scores, with bootstrap intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Split, Targets
from compression.evaluation.figures import Averages, Estimate, Ratios, Spread
from compression.evaluation.scores import predict_scores
from compression.metrics.bootstrap import percentile_interval, resample
from compression.metrics.f1 import (
    Counts,
    Quality,
    example_counts,
    macro,
    micro,
    per_label,
    totals,
)
from edgemood import Artifact, Classifier

HALF = 0.5
"""The threshold of the survey that the results are compared with."""


@dataclass(frozen=True)
class ScoredSplit:
    """A classifier's scores on a split, and the bootstrap of its counts.

    Scores and targets have the shape `(examples, labels)`, thresholds `(labels,)`.
    """

    scores: NDArray[np.float32]
    targets: Targets
    thresholds: NDArray[np.float32]
    resampled: Counts
    """At the thresholds, in each resample. *Shape:* `(resamples, labels)`."""

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float32],
        targets: Targets,
        thresholds: Sequence[float] | NDArray[np.float64],
        weights: NDArray[np.float32],
    ) -> Self:
        """Resample the counts at the thresholds.

        Args:
            scores: of the classifier.
            targets: true labels.
            thresholds: one a label.
            weights: see `compression.metrics.bootstrap.bootstrap_weights`; the same for every
                classifier of an evaluation, so that differences are paired.
        """
        levels = np.array(thresholds, dtype=np.float32)
        counts = example_counts(scores >= levels, targets)
        return cls(scores, targets, levels, resample(counts, weights))

    def counts(self, thresholds: NDArray[np.float32] | float) -> Counts:
        """Counts of each example and label at other thresholds."""
        return example_counts(self.scores >= thresholds, self.targets)

    @cached_property
    def tuned_counts(self) -> Counts:
        """Counts of each example and label at the classifier's own thresholds."""
        return self.counts(self.thresholds)

    @property
    def decisions(self) -> Targets:
        """Predicted labels at the classifier's own thresholds."""
        return self.scores >= self.thresholds

    @cached_property
    def macro_f1(self) -> float:
        """At the classifier's own thresholds."""
        return float(macro(totals(self.tuned_counts)).f1)

    @cached_property
    def micro_f1(self) -> float:
        """At the classifier's own thresholds."""
        return float(micro(totals(self.tuned_counts)).f1)

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
    """F1 of each label at its threshold."""
    found = per_label(totals(scored.tuned_counts)).f1
    for f1, samples in zip(found, per_label(scored.resampled).f1.T, strict=True):
        yield estimate(float(f1), samples)


def manifest_metrics(artifact: Artifact, examples: Split) -> dict[str, float]:
    """The metrics that a manifest carries, with the four digits that thousands of texts support."""
    scores = predict_scores(Classifier(artifact), examples.texts)
    thresholds = np.array(artifact.manifest.thresholds, dtype=np.float32)
    counts, at_half = (
        totals(example_counts(scores >= level, examples.targets)) for level in (thresholds, HALF)
    )
    figures = {
        "macro_f1": macro(counts).f1,
        "micro_f1": micro(counts).f1,
        "macro_precision": macro(counts).precision,
        "macro_recall": macro(counts).recall,
        "macro_f1_at_half": macro(at_half).f1,
    }
    return {name: round(float(figure), 4) for name, figure in figures.items()}


def _mean_quality(found: Sequence[Quality]) -> Quality:
    return Quality(*(np.mean(ratios, axis=0) for ratios in zip(*found, strict=True)))


def _ratios(quality: Quality) -> Ratios:
    return Ratios(**{name: float(ratio) for name, ratio in quality._asdict().items()})

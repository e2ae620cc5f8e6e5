"""Scores on a split beside what is right, and the figures that follow from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.evaluation.results import Averages, Estimate, Ratios, Spread
from compression.metrics.bootstrap import Interval, percentile_interval, resample
from compression.metrics.f1 import Counts, Quality, example_counts, macro, micro, per_label, totals

HALF = 0.5


@dataclass(frozen=True)
class Scored:
    """Somebody's scores on a split, and what follows from them."""

    scores: NDArray[np.float32]
    targets: Targets
    thresholds: NDArray[np.float32]
    resampled: Counts
    """At its thresholds, in each resample. *Shape:* `(resamples, labels)`."""

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float32],
        targets: Targets,
        thresholds: Sequence[float] | NDArray[np.float64],
        weights: NDArray[np.float32],
    ) -> Self:
        levels = np.array(thresholds, dtype=np.float32)
        counts = example_counts(scores >= levels, targets)
        return cls(scores, targets, levels, resample(counts, weights))

    @cached_property
    def macro_f1(self) -> float:
        return float(macro(totals(self.counts(self.thresholds))).f1)

    def counts(self, thresholds: NDArray[np.float32] | float) -> Counts:
        return example_counts(self.scores >= thresholds, self.targets)


def mean_macro_f1(scored: Sequence[Scored]) -> NDArray[np.float64]:
    """In each resample. *Shape:* `(resamples,)`."""
    mean: NDArray[np.float64] = np.mean([macro(own.resampled).f1 for own in scored], axis=0)
    return mean


def as_spread(figures: Sequence[float]) -> Spread:
    """Mean and standard deviation of what several seeds reached."""
    return Spread(mean=float(np.mean(figures)), sd=float(np.std(figures, ddof=1)))


def as_estimate(found: Interval) -> Estimate:
    """An interval as the evaluation's file has it."""
    return Estimate(**found._asdict())


def by_label(labels: Sequence[str], *counts: Counts) -> dict[str, Ratios]:
    """Each label's ratios; the mean of each where there are several counts."""
    quality = _mean_quality([per_label(totals(own)) for own in counts])
    rows = zip(labels, *quality, strict=True)
    return {label: _ratios(Quality(*ratios)) for label, *ratios in rows}


def label_intervals(scored: Scored) -> Iterator[Estimate]:
    """Each label's F1 at its threshold."""
    found = per_label(totals(scored.counts(scored.thresholds))).f1
    for f1, resampled in zip(found, per_label(scored.resampled).f1.T, strict=True):
        yield as_estimate(percentile_interval(float(f1), resampled))


def averages(*counts: Counts) -> Averages:
    """Macro and micro averages over labels; the mean of each where there are several counts."""
    both = (
        _ratios(_mean_quality([average(totals(own)) for own in counts]))
        for average in (macro, micro)
    )
    return Averages(**dict(zip(("macro", "micro"), both, strict=True)))


def _mean_quality(found: Sequence[Quality]) -> Quality:
    return Quality(*(np.mean(ratios, axis=0) for ratios in zip(*found, strict=True)))


def _ratios(quality: Quality) -> Ratios:
    return Ratios(**{name: float(ratio) for name, ratio in quality._asdict().items()})

"""How far scores are from probabilities: calibration error, Brier score, reliability curve.

Shapes: scores and targets are `(texts, labels)`. Each label is a yes-or-no question of its own, and
its score the claimed probability of yes; for the highest score of a single-label classifier, pass
one column.

The *expected calibration error* of a label puts texts with similar scores into a bin and compares
mean score and observed share of the label (Naeini et al., AAAI 2015; Guo et al., arXiv 1706.04599,
eq. 3), with `n` texts in total and `n_b` in bin `b`:

    ECE = sum_b n_b / n * |mean score in b - share with the label in b|
        = sum_b |sum of (score - target) over b| / n

It is above 0 even for perfect probabilities, by the chance of the draw; `chance_error` is that
part. It grows with the number of bins and falls with the number of texts.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.metrics.f1 import Float, Int

BINS = 15
"""As in Guo et al. (arXiv 1706.04599)."""

Scores = Float | NDArray[np.float32]
Binning = Literal["equal-mass", "equal-width"]


class ReliabilityCurve(NamedTuple):
    """The bins of a label that hold texts, by rising score. *Shape:* `(bins,)` each."""

    texts: Int
    score: Float
    """Mean score."""
    observed: Float
    """Share of the texts that have the label."""


def expected_calibration_error(
    scores: Scores, targets: Targets, *, bins: int = BINS, binning: Binning = "equal-mass"
) -> Float:
    """Expected calibration error of each label. *Shape:* `(labels,)`.

    Args:
        scores: between 0 and 1.
        targets: true labels.
        bins: the largest number of bins.
        binning: `equal-mass` gives each bin the same number of texts, up to equal scores, which
            share a bin. `equal-width` divides 0 to 1 into intervals `((b - 1) / bins, b / bins]`;
            for rare labels nearly all texts are in the first one, which hides the errors of others.
    """
    deviations = _deviations(scores, targets)
    rows = zip(scores.T, deviations.T, strict=True)
    return np.array([_error(s, d, BINNINGS[binning](s, bins)) for s, d in rows])


def resampled_calibration_error(
    scores: Scores, targets: Targets, weights: NDArray[np.float32], *, bins: int = BINS
) -> Float:
    """Calibration error of each label, with the equal-mass bins of all texts, in each resample.

    Args:
        scores: between 0 and 1.
        targets: true labels.
        weights: see `compression.metrics.bootstrap.bootstrap_weights`.
        bins: the largest number of bins.

    Returns:
        *Shape:* `(resamples, labels)`.
    """
    deviations = _deviations(scores, targets).astype(np.float32)
    columns = []
    for own, deviation in zip(scores.T, deviations.T, strict=True):
        of_bin = np.eye(bins, dtype=np.float32)[equal_mass(own, bins)]
        sums = weights @ (of_bin * deviation[:, None])
        columns.append(np.abs(sums).sum(axis=1) / len(own))
    return np.stack(columns, axis=1).astype(np.float64)


def chance_error(scores: Scores, *, bins: int = BINS) -> Float:
    """The calibration error to expect if every score were the true probability.

    The sum of `score - target` over a bin then has mean 0 and variance `sum score * (1 - score)`;
    the mean of the absolute value of such a normal variable is its standard deviation times
    `sqrt(2 / pi)`. Bröcker & Smith, "Increasing the reliability of reliability diagrams" (2007),
    simulate the same.

    Args:
        scores: between 0 and 1.
        bins: equal-mass bins, as above.

    Returns:
        *Shape:* `(labels,)`.
    """
    variances = scores.astype(np.float64) * (1 - scores.astype(np.float64))
    by_bin = [
        np.bincount(equal_mass(own, bins), weights=variance)
        for own, variance in zip(scores.T, variances.T, strict=True)
    ]
    return np.array([np.sqrt(2 / np.pi * sums).sum() / len(scores) for sums in by_bin])


def squared_errors(scores: Scores, targets: Targets) -> Float:
    """Squared error of each score; its mean is a label's Brier score. *Shape:* as the scores."""
    return np.asarray(_deviations(scores, targets) ** 2)


def reliability_curve(scores: Scores, targets: Targets, *, bins: int = BINS) -> ReliabilityCurve:
    """Mean score and observed share in the equal-mass bins of one label.

    Args:
        scores: of the label. *Shape:* `(texts,)`.
        targets: whether a text has the label. *Shape:* `(texts,)`.
        bins: the largest number of bins.
    """
    of_text = equal_mass(scores, bins)
    texts = np.bincount(of_text)
    score = np.bincount(of_text, weights=scores.astype(np.float64))
    observed = np.bincount(of_text, weights=targets.astype(np.float64))
    filled = texts > 0
    return ReliabilityCurve(
        texts[filled], score[filled] / texts[filled], observed[filled] / texts[filled]
    )


def equal_mass(scores: Scores, bins: int) -> Int:
    """The bin of each text, so that bins have equally many; equal scores share the lower bin.

    Args:
        scores: of one label. *Shape:* `(texts,)`.
        bins: the largest number of bins.
    """
    ranks = np.sort(scores).searchsorted(scores)
    return ranks * bins // len(scores)


def equal_width(scores: Scores, bins: int) -> Int:
    """The interval `((b - 1) / bins, b / bins]` of each text, from 0; a score of 0 is in the first.

    Args:
        scores: of one label. *Shape:* `(texts,)`.
        bins: the number of intervals.
    """
    edges = np.arange(1, bins) / bins
    return edges.searchsorted(scores.astype(np.float64))


BINNINGS: dict[Binning, Callable[[Scores, int], Int]] = {
    "equal-mass": equal_mass,
    "equal-width": equal_width,
}


def _deviations(scores: Scores, targets: Targets) -> Float:
    return scores.astype(np.float64) - targets


def _error(scores: Scores, deviations: Float, of_text: Int) -> float:
    return float(np.abs(np.bincount(of_text, weights=deviations)).sum() / len(scores))

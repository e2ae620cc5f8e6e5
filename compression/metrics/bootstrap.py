"""Bootstrap intervals over examples, paired by construction.

Every statistic of one evaluation is resampled with the same weights. The difference of two
classifiers in a resample is therefore that on the same examples: the paired bootstrap.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compression.metrics.f1 import Counts, Float, ratio_or_zero


class Interval(NamedTuple):
    """An estimate and the bounds of its 95 % bootstrap interval (percentile method)."""

    estimate: float
    low: float
    high: float


def bootstrap_weights(examples: int, *, resamples: int, seed: int) -> NDArray[np.float32]:
    """The number of times each resample draws each example. *Shape:* `(resamples, examples)`."""
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(examples, np.full(examples, 1 / examples), size=resamples)
    return draws.astype(np.float32)


def resample(counts: Counts, weights: NDArray[np.float32]) -> Counts:
    """Counts of each label in each resample. *Shape:* `(resamples, labels)`.

    Args:
        counts: of each example. *Shape:* `(examples, labels)`.
        weights: see `bootstrap_weights`. *Shape:* `(resamples, examples)`.
    """
    # float32 is exact here: sums of small integers far below 2**24.
    sums = (np.rint(weights @ x.astype(np.float32)).astype(np.int64) for x in counts)
    return Counts(*sums)


def percentile_interval(estimate: float, resampled: Float) -> Interval:
    """The 95 % percentile interval of a resampled statistic.

    Args:
        estimate: the statistic on all examples.
        resampled: its value in each resample. *Shape:* `(resamples,)`.
    """
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Interval(float(estimate), float(low), float(high))


def centred_interval(estimate: float, resampled: Float) -> Interval:
    """The percentile interval moved so that the resampled values have the estimate as their mean.

    For statistics that only chance raises above 0, such as a calibration error: a resample doubles
    the chance, and its plain percentiles may all lie above the estimate. The interval covers the
    estimate's own variation, not the part of it that is chance.

    Args:
        estimate: the statistic on all examples; not negative.
        resampled: its value in each resample. *Shape:* `(resamples,)`.
    """
    interval = percentile_interval(estimate, resampled - resampled.mean() + estimate)
    return interval._replace(low=max(0.0, interval.low))


def resampled_mean(values: Float, weights: NDArray[np.float32]) -> Float:
    """Mean of values of examples in each resample; 0 for a resample that draws none of them.

    Args:
        values: *Shape:* `(examples,)`.
        weights: see `bootstrap_weights`; of those examples. *Shape:* `(resamples, examples)`.

    Returns:
        *Shape:* `(resamples,)`.
    """
    sums, drawn = weights @ values.astype(np.float32), weights.sum(axis=1)
    return ratio_or_zero(sums.astype(np.float64), drawn.astype(np.float64))

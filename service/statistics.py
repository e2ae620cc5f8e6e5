"""Estimates and tests from counts. Pure functions, independent of the metrics' names.

Intervals are two-sided and cover 95 %.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MIN_JUDGED = 20
"""With fewer judged labels on either side, a difference has no p-value."""
_Z95 = 1.959964
_PSEUDO_COUNT = 2
"""Hits and misses added for the variance, so that a few counts do not claim certainty (Agresti &
Coull, 1998)."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class F1:
    """An F1 score, of one label or the mean over several."""

    value: float
    standard_error: float
    judged: float
    """True positives, false positives and false negatives together."""

    @property
    def estimate(self) -> Estimate:
        """The score with its interval, clipped to [0, 1]."""
        margin = _Z95 * self.standard_error
        return Estimate(self.value, max(0.0, self.value - margin), min(1.0, self.value + margin))


def f1_from_counts(tp: float, fp: float, fn: float) -> F1:
    """F1 of one label.

    J = tp / (tp + fp + fn) is taken as a binomial proportion. F1 = 2 J / (1 + J) then has by the
    delta method the variance (2 / (1 + J)^2)^2 J (1 - J) / (tp + fp + fn).

    Args:
        tp: true positives.
        fp: false positives.
        fn: false negatives; the three are not all 0.
    """
    judged = tp + fp + fn
    trials = judged + 2 * _PSEUDO_COUNT
    j = (tp + _PSEUDO_COUNT) / trials
    standard_error = 2 / (1 + j) ** 2 * math.sqrt(j * (1 - j) / trials)
    return F1(2 * tp / (2 * tp + fp + fn), standard_error, judged)


def macro_f1(labels: Iterable[F1]) -> F1:
    """The mean of F1 scores, which count as independent; at least one."""
    scores = list(labels)
    return F1(
        math.fsum(score.value for score in scores) / len(scores),
        math.sqrt(math.fsum(score.standard_error**2 for score in scores)) / len(scores),
        math.fsum(score.judged for score in scores),
    )


def f1_difference(one: F1, other: F1) -> tuple[Estimate, float | None]:
    """The difference of two independent scores, `one - other`.

    Returns:
        The difference with its interval, clipped to [-1, 1], and the two-sided p-value of a
        z-test; None if a side has fewer than `MIN_JUDGED` judged labels.
    """
    gap = one.value - other.value
    standard_error = math.hypot(one.standard_error, other.standard_error)
    margin = _Z95 * standard_error
    estimate = Estimate(gap, max(-1.0, gap - margin), min(1.0, gap + margin))
    if min(one.judged, other.judged) < MIN_JUDGED:
        return estimate, None
    return estimate, two_sided_p(abs(gap) / standard_error)


def two_sided_p(z: float) -> float:
    """P(|Z| > z) for a standard normal Z and z >= 0."""
    return math.erfc(z / math.sqrt(2))


def proportion(hits: float, trials: float) -> Estimate:
    """A proportion with its score interval (Wilson, 1927).

    Args:
        hits: successes.
        trials: successes and failures; above 0.
    """
    share, z2 = hits / trials, _Z95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    margin = _Z95 * spread / (1 + z2 / trials)
    return Estimate(share, max(0.0, middle - margin), min(1.0, middle + margin))


def histogram_quantile(bounds: Sequence[float], counts: Sequence[float], q: float) -> float | None:
    """A quantile from a cumulative histogram, as PromQL's `histogram_quantile` computes it.

    Linear within a bucket; a quantile in the unbounded last bucket is the last finite bound.

    Args:
        bounds: upper bounds of the buckets, ascending.
        counts: observations up to each bound.
        q: from 0 to 1.

    Returns:
        The quantile; None without observations.
    """
    if not counts or not counts[-1]:
        return None
    rank = q * counts[-1]
    index = next(i for i, count in enumerate(counts) if count >= rank)
    low, below = (bounds[index - 1], counts[index - 1]) if index else (0.0, 0.0)
    high = bounds[index]
    if math.isinf(high):
        return low
    return low + (high - low) * (rank - below) / (counts[index] - below)


def sample_ratio_mismatch(
    requests: Mapping[str, float], shares: Mapping[str, float]
) -> float | None:
    """Chi-squared test of requests against the shares of a policy (Fabijan et al., KDD 2019).

    Args:
        requests: variant -> requests.
        shares: variant -> share of all requests that the policy gives to it.

    Returns:
        The p-value. 0 if a variant without a share has requests. None if the shares of these
        variants do not add up to 1, or if only one of them has a share.
    """
    total = math.fsum(requests.values())
    expected = {name: shares.get(name, 0.0) * total for name in requests}
    if not math.isclose(math.fsum(expected.values()), total, rel_tol=1e-6):
        return None
    if any(count and not expected[name] for name, count in requests.items()):
        return 0.0
    used = [name for name in requests if expected[name]]
    if len(used) < 2:
        return None
    statistic = math.fsum((requests[n] - expected[n]) ** 2 / expected[n] for n in used)
    return chi_squared_sf(statistic, len(used) - 1)


def chi_squared_sf(x: float, freedom: int) -> float:
    """P(X > x) for a chi-squared X, by the finite sums for whole degrees of freedom.

    Args:
        x: the statistic, at least 0.
        freedom: degrees of freedom, at least 1.
    """
    half = x / 2
    if freedom % 2 == 0:
        total, term, offset = 0.0, math.exp(-half), 1.0
    else:
        total = math.erfc(math.sqrt(half))
        term, offset = math.exp(-half) * math.sqrt(half) / math.gamma(1.5), 1.5
    for i in range(freedom // 2):
        total += term
        term *= half / (i + offset)
    return total

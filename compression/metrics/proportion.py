"""The interval of a share of few examples."""

import math

from compression.metrics.bootstrap import Interval

_Z = 1.959964
"""Quantile 0.975 of the normal distribution."""


def wilson_interval(hits: int, trials: int) -> Interval:
    """A share and its 95 % score interval (Wilson, 1927), which stays within 0 and 1.

    With z = 1.96, p = hits / trials and n = trials it is
    (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n).

    Args:
        hits: examples that count, at most `trials`.
        trials: all examples, at least one.
    """
    share, spare = hits / trials, _Z**2 / trials
    center = (share + spare / 2) / (1 + spare)
    margin = _Z * math.sqrt(share * (1 - share) / trials + spare / (4 * trials)) / (1 + spare)
    return Interval(share, max(0.0, center - margin), min(1.0, center + margin))

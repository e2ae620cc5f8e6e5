"""Learning rates over the course of a training: linear warm-up, then decay to zero."""

import math


def cosine_decay(peak: float, progress: float, *, warmup: float) -> float:
    """Linear warm-up to `peak`, then half a cosine down to zero (Loshchilov & Hutter, 1608.03983).

    Args:
        peak: the highest rate.
        progress: share of all steps done, from 0 to 1.
        warmup: share of all steps.
    """
    if progress < warmup:
        return peak * progress / warmup
    after = (progress - warmup) / (1 - warmup)
    return peak * 0.5 * (1 + math.cos(math.pi * after))


def linear_decay(peak: float, progress: float, *, warmup: float) -> float:
    """Linear warm-up to `peak`, then a straight line down to zero; arguments as above."""
    share = progress / warmup if progress < warmup else (1 - progress) / (1 - warmup)
    return peak * share

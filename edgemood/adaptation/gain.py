"""The gain in macro-F1 of one set of decisions over another, with a bootstrap interval.

Shapes: decisions and targets are `(texts, labels)`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgemood.adaptation.folds import Int
from edgemood.adaptation.newton import Float
from edgemood.adaptation.thresholds import f1_of_counts

RESAMPLES = 2000
_AT_ONCE = 100
"""Resamples whose weights are in memory together."""

Bool = NDArray[np.bool_]


class Gain(NamedTuple):
    """Macro-F1 after minus before, and its 95 % interval (percentile bootstrap)."""

    estimate: float
    low: float
    high: float


class LabelQuality(NamedTuple):
    """F1 of one label before and after, by cross-validation."""

    label: str
    texts: int
    """That have it."""
    before: float
    after: float


def label_qualities(
    labels: Sequence[str], before: Bool, after: Bool, targets: Bool
) -> tuple[LabelQuality, ...]:
    """F1 of each label under both decisions."""
    columns = (targets.sum(axis=0), label_f1(before, targets), label_f1(after, targets))
    rows = zip(labels, *(column.tolist() for column in columns), strict=True)
    return tuple(LabelQuality(*row) for row in rows)


def label_f1(decided: Bool, targets: Bool) -> Float:
    """F1 of each label. *Shape:* `(labels,)`."""
    counts = ((decided & targets).sum(axis=0), decided.sum(axis=0), targets.sum(axis=0))
    return f1_of_counts(*(count.astype(np.float64) for count in counts))


def macro_gain(before: Bool, after: Bool, targets: Bool, groups: Int, *, seed: int) -> Gain:
    """Compare decisions about the same texts.

    Macro-F1 is the mean over labels that some text has: F1 of the others is 0 whatever is decided.

    Args:
        before: decisions of the parent.
        after: decisions of the adapted variant.
        targets: true labels.
        groups: a number from 0 for each text, the same for equal texts; they are drawn together.
        seed: of the bootstrap.
    """
    occurs = targets.any(axis=0)
    before, after, targets = before[:, occurs], after[:, occurs], targets[:, occurs]
    counts = _grouped_counts((before & targets, before, after & targets, after, targets), groups)
    generator = np.random.default_rng(seed)
    chances = np.full(len(counts), 1 / len(counts))
    drawn = []
    for _ in range(RESAMPLES // _AT_ONCE):
        weights = generator.multinomial(len(counts), chances, size=_AT_ONCE)
        drawn.append(_macro_gain(np.tensordot(weights, counts, axes=1)))
    low, high = np.quantile(np.concatenate(drawn), (0.025, 0.975))
    return Gain(float(_macro_gain(counts.sum(axis=0))), float(low), float(high))


def _grouped_counts(parts: tuple[Bool, ...], groups: Int) -> Float:
    """Counts of each group of texts. *Shape:* `(groups, parts, labels)`."""
    by_text = np.stack(parts, axis=1).astype(np.float64)
    counts = np.zeros((int(groups.max()) + 1, *by_text.shape[1:]))
    np.add.at(counts, groups, by_text)
    return counts


def _macro_gain(counts: Float) -> Float:
    """From counts of the shape `(..., parts, labels)`."""
    right_before, before, right_after, after, true = np.moveaxis(counts, -2, 0)
    gains = f1_of_counts(right_after, after, true) - f1_of_counts(right_before, before, true)
    return np.asarray(gains.mean(axis=-1))

"""Decision thresholds, one a label, that maximise F1 on given scores.

Shapes: scores and targets are `(examples, labels)`, thresholds `(labels,)`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.metrics.f1 import Float, example_counts, macro, totals
from edgemood.adaptation.thresholds import best_thresholds, f1_at_each

Parts = Sequence[tuple[int, float]]
"""Consecutive examples of several datasets: how many, and the weight of their F1."""


def tune_thresholds(
    scores: NDArray[np.float32], targets: Targets | Float, *, parts: Parts = ()
) -> Float:
    """The threshold of highest F1 for each label; of several equal ones the middle one.

    Args:
        scores: of a classifier.
        targets: true or false, or the probability of each label. With probabilities, F1 is that
            of the expected counts.
        parts: if there are any, the weighted mean of their F1 counts instead of the F1 of all
            examples together, in which a larger dataset would have a larger say.

    Returns:
        Multiples of `1 / 200`, strictly between 0 and 1. *Shape:* `(labels,)`.
    """
    ends = np.cumsum([count for count, _ in parts])[:-1]
    weights = [weight for _, weight in parts] or [1.0]
    truth = targets.astype(np.float64)
    split = zip(weights, np.split(scores, ends), np.split(truth, ends), strict=True)
    return best_thresholds(
        np.sum([weight * f1_at_each(part, true) for weight, part, true in split], axis=0)
    )


def best_macro_f1(scores: NDArray[np.float32], targets: Targets) -> float:
    """Macro-F1 with thresholds that are tuned on the same examples; meant for the dev split."""
    predicted = scores >= tune_thresholds(scores, targets).astype(np.float32)
    return float(macro(totals(example_counts(predicted, targets))).f1)

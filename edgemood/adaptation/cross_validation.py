"""Chooses the strength of the penalty by cross-validation.

Shapes: inputs are `(texts, inputs)`, targets `(texts, labels)`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgemood.adaptation.fitting import AffineMap, Problem, cross_entropy, fit_map
from edgemood.adaptation.folds import Int
from edgemood.adaptation.newton import Float

STRENGTHS = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
"""The strongest first: each fit begins at the one before, which is near."""

Report = Callable[[int, int], None]
"""Is told how many fits are done, and of how many."""


class Validated(NamedTuple):
    """The strength of lowest cross-entropy on texts that a map was not fitted to."""

    strength: float
    logits: Float
    """Of each text, by the map that was fitted to the other folds. *Shape:* `(texts, labels)`."""


def cross_validate(
    inputs: Float,
    targets: NDArray[np.bool_],
    fold_of: Int,
    problem: Problem,
    *,
    report: Report | None = None,
) -> Validated:
    """Fit every strength to the texts outside of each fold.

    Args:
        inputs: of all texts.
        targets: their labels.
        fold_of: the fold of each text, from 0.
        problem: what to fit.
        report: called after each fit.
    """
    folds = int(fold_of.max()) + 1
    held_out = np.zeros((len(STRENGTHS), *targets.shape))
    for fold in range(folds):
        inside = fold_of == fold
        found: AffineMap | None = None
        for i, strength in enumerate(STRENGTHS):
            found = fit_map(
                inputs[~inside], targets[~inside], problem, strength=strength, start=found
            )
            held_out[i, inside] = found(inputs[inside])
            if report:
                report(fold * len(STRENGTHS) + i + 1, folds * len(STRENGTHS))
    truth = targets.astype(np.float64)
    losses = [
        cross_entropy(logits, truth, coupled=problem.is_single_label).value for logits in held_out
    ]
    best = int(np.argmin(losses))
    return Validated(STRENGTHS[best], held_out[best])

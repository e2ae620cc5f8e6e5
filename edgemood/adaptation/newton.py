"""Newton's method for a smooth convex function of a few dozen variables with lower bounds."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

_STEPS = 200
_SUFFICIENT = 1e-4
"""The share of the predicted decrease that a step must reach (Armijo's rule)."""
_SHORTEST = 2.0**-40
_PRECISION = 1e-10
_SMALLEST_DECREASE = 1e-13
"""Of a function, as a share of its value; the sum of a thousand texts is not more precise."""


class Expansion(NamedTuple):
    """A function and its derivatives at a point."""

    value: float
    gradient: Float
    """*Shape:* `(variables,)`."""
    hessian: Float
    """Positive definite. *Shape:* `(variables, variables)`."""


def minimize(expand: Callable[[Float], Expansion], start: Float, lower: Float) -> Float:
    """The minimum above the bounds, by the projected Newton method.

    Bertsekas, "Projected Newton methods for optimization problems with simple constraints", SIAM
    Journal on Control and Optimization 20 (1982): variables at their bound that would decrease are
    kept, Newton's step is taken in the others and cut off at the bounds.

    Args:
        expand: the function; convex.
        start: within the bounds. *Shape:* `(variables,)`.
        lower: bounds; `-inf` for none. *Shape:* `(variables,)`.
    """
    point, here = start, expand(start)
    for _ in range(_STEPS):
        free = (point > lower) | (here.gradient < 0)
        if not free.any() or np.abs(here.gradient[free]).max() <= _PRECISION * (1 + here.value):
            break
        direction = np.zeros_like(point)
        direction[free] = np.linalg.solve(here.hessian[np.ix_(free, free)], here.gradient[free])
        if here.gradient @ direction <= _SMALLEST_DECREASE * (1 + abs(here.value)):
            # Rounding hides the decrease from a line search. So near, Newton's step needs none.
            return np.maximum(point - direction, lower)
        following = _line_search(expand, point, here, direction, lower)
        if following is None:  # the decrease is below the precision of floating point
            break
        point, here = following
    return point


def _line_search(
    expand: Callable[[Float], Expansion],
    point: Float,
    here: Expansion,
    direction: Float,
    lower: Float,
) -> tuple[Float, Expansion] | None:
    length = 1.0
    while length >= _SHORTEST:
        candidate = np.maximum(point - length * direction, lower)
        there = expand(candidate)
        decrease = float(here.gradient @ (point - candidate))
        if there.value < here.value and there.value <= here.value - _SUFFICIENT * decrease:
            return candidate, there
        length /= 2
    return None

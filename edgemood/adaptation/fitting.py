"""Fits an affine map of logits to labelled texts, shrunk towards a map that changes nothing.

Shapes: inputs are `(texts, inputs)`, targets `(texts, labels)`. The map gives each label the logit
`w_j . x + b_j`; its *own* input is the one that it would take over unchanged. The fit minimises the
cross-entropy of the scores plus a penalty on the distance from that:

    sum_i cross_entropy_i + strength / 2 * sum_j (|w_j - e_own(j)|^2 + b_j^2)

The penalty is a Gaussian prior around the identity. Without it, this is matrix scaling (Guo et al.,
arXiv 1706.04599, section 4.2), or vector scaling if each label uses its own input alone; both fit
the noise of a few hundred texts. The function is convex and has one minimum.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.adaptation.newton import Expansion, Float, minimize

SMALLEST_OWN_WEIGHT = 0.01
"""A label's score must not fall when its own input rises."""

Bool = NDArray[np.bool_]


class AffineMap(NamedTuple):
    """Makes logits of inputs."""

    weights: Float
    """*Shape:* `(labels, inputs)`."""
    biases: Float
    """*Shape:* `(labels,)`."""

    @classmethod
    def identity(cls, own: Sequence[int], inputs: int) -> Self:
        """The map that gives each label its own input.

        Args:
            own: the input of each label.
            inputs: how many there are.
        """
        return cls(np.eye(inputs)[list(own)], np.zeros(len(own)))

    def __call__(self, inputs: Float) -> Float:
        """Logits. *Shape:* `(texts, inputs)` -> `(texts, labels)`."""
        return np.asarray(inputs @ self.weights.T + self.biases)


class Problem(NamedTuple):
    """What to fit, apart from the texts."""

    own: tuple[int, ...]
    """The own input of each label."""
    full: bool
    """Whether a label uses all inputs, and not its own alone."""
    is_single_label: bool
    """Whether scores are the softmax of the logits, and not the logistic function of each."""


def fit_map(
    inputs: Float,
    targets: Bool,
    problem: Problem,
    *,
    strength: float,
    start: AffineMap | None = None,
) -> AffineMap:
    """Fit the map. A label that no text has, or every text, takes its own input unchanged.

    Args:
        inputs: of texts that the variant was not trained on.
        targets: their labels; exactly one a text if the problem is single-label.
        problem: what to fit.
        strength: of the penalty, above 0; worth about as much as that many texts.
        start: where to begin, for example with the map of another strength. The minimum is the
            same.
    """
    columns = np.hstack([inputs, np.ones((len(inputs), 1))])
    identity = _as_rows(AffineMap.identity(problem.own, inputs.shape[1]))
    free = _free(problem, identity) & can_be_fitted(targets)[:, None]
    rows = np.where(free, identity if start is None else _as_rows(start), identity)
    # Independent labels are fitted one by one; those of a softmax depend on each other.
    count = len(rows) if problem.is_single_label else 1
    for first in range(0, len(rows), count):
        part = slice(first, first + count)
        if free[part].any():
            fit = _Fit(columns, targets[:, part].astype(np.float64), identity[part], free[part])
            rows[part] = fit.minimum(rows[part], strength, coupled=problem.is_single_label)
    return AffineMap(rows[:, :-1], rows[:, -1])


def can_be_fitted(targets: Bool) -> Bool:
    """Tell which labels some texts have and some do not. *Shape:* `(labels,)`."""
    return np.asarray(targets.any(axis=0) & ~targets.all(axis=0))


class CrossEntropy(NamedTuple):
    """Of all texts, and its derivatives with respect to the logits."""

    value: float
    probabilities: Float
    """The gradient is `probabilities - targets`. *Shape:* `(texts, labels)`."""
    curvature: Float
    """Diagonal of each text's Hessian, which lacks `p p^T` if the labels share a softmax."""


def cross_entropy(logits: Float, targets: Float, *, coupled: bool) -> CrossEntropy:
    """Compute the cross-entropy of scores.

    Args:
        logits: *Shape:* `(texts, labels)`.
        targets: 1 if a text has a label, otherwise 0.
        coupled: whether the scores are the softmax of a text's logits.
    """
    if coupled:
        total = np.logaddexp.reduce(logits, axis=1, keepdims=True)
        p = np.exp(logits - total)
        return CrossEntropy(float(total.sum() - (targets * logits).sum()), p, p)
    p = np.exp(-np.logaddexp(0, -logits))
    value = (np.logaddexp(0, logits) - targets * logits).sum()
    return CrossEntropy(float(value), p, p * (1 - p))


class _Fit(NamedTuple):
    """The rows of some labels: weights, then the bias. *Shape:* `(labels, inputs + 1)`."""

    columns: Float
    """The inputs, and a column of ones. *Shape:* `(texts, inputs + 1)`."""
    targets: Float
    identity: Float
    free: Bool
    """Which numbers are fitted; all others keep those of the identity."""

    def minimum(self, start: Float, strength: float, *, coupled: bool) -> Float:
        identity = self.identity[self.free]

        def expand(values: Float) -> Expansion:
            logits = self.columns @ self._rows(values).T
            found = cross_entropy(logits, self.targets, coupled=coupled)
            deviation = values - identity
            gradient = (found.probabilities - self.targets).T @ self.columns
            return Expansion(
                found.value + strength / 2 * float(deviation @ deviation),
                gradient[self.free] + strength * deviation,
                self._hessian(found, coupled=coupled) + strength * np.eye(len(values)),
            )

        lower = np.where(self.identity == 1, SMALLEST_OWN_WEIGHT, -np.inf)[self.free]
        return self._rows(minimize(expand, start[self.free], lower))

    def _rows(self, values: Float) -> Float:
        rows = self.identity.copy()
        rows[self.free] = values
        return rows

    def _hessian(self, found: CrossEntropy, *, coupled: bool) -> Float:
        hessian = np.zeros((self.free.sum(), self.free.sum()))
        weighted, first = [], 0
        for j, mask in enumerate(self.free):
            own, end = self.columns[:, mask], first + int(mask.sum())
            hessian[first:end, first:end] = own.T @ (found.curvature[:, [j]] * own)
            weighted.append(found.probabilities[:, [j]] * own)
            first = end
        if coupled:
            rows = np.hstack(weighted)
            hessian -= rows.T @ rows
        return hessian


def _as_rows(found: AffineMap) -> Float:
    return np.hstack([found.weights, found.biases[:, None]])


def _free(problem: Problem, identity: Float) -> Bool:
    """Which numbers a label with enough texts may change."""
    if problem.full:
        return np.ones(identity.shape, np.bool_)
    diagonal: Bool = identity == 1
    diagonal[:, -1] = True
    return diagonal

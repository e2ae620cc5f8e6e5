"""Calibration: a slope and a bias for each label's logit, after which scores are probabilities.

Shapes: logits and targets are `(texts, labels)`, slopes and biases `(labels,)`. Both fits minimise
the cross-entropy of the scores `activation(slope * logit + bias)` plus a small penalty:

    sum_i cross_entropy_i + prior / 2 * sum_j ((slope_j - 1)^2 + bias_j^2)

The penalty is a Gaussian prior around the identity, worth about as much as `prior` texts. With a
dev split of thousands it changes nothing that can be measured; with a label of three texts, or of
none, it keeps slope and bias finite. Both functions are convex and have one minimum.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compression.data.dataset import Targets
from compression.metrics.f1 import Float
from edgemood.adaptation.newton import Expansion, minimize

PRIOR = 1.0
MIN_SLOPE = 0.01
"""A slope below 0 would reverse the order of a label's scores. The highest temperature is 100."""

Logits = Float | NDArray[np.float32]


class Scaling(NamedTuple):
    """An affine map of each label's logit. `1 / slope` is the label's temperature."""

    slopes: Float
    """At least `MIN_SLOPE`."""
    biases: Float

    def __call__(self, logits: Logits) -> Float:
        """Calibrated logits of the same shape."""
        return np.asarray(self.slopes * logits + self.biases)


def fit_platt_scaling(logits: Logits, targets: Targets | Float, *, prior: float = PRIOR) -> Scaling:
    """Slopes and biases for scores `sigmoid(slope * logit + bias)`: labels are independent.

    Each label's fit is a logistic regression of its targets on its logits. Platt, "Probabilistic
    outputs for support vector machines" (1999), regularises it by other targets; here it is the
    prior. Without biases, and with one slope for all labels, it would be the temperature scaling of
    Guo et al. (arXiv 1706.04599, section 4.2).

    Args:
        logits: of texts that were not trained on.
        targets: true or false, or the probability of each label.
        prior: strength of the penalty, above 0.
    """
    return _fit(_bernoulli, logits, targets.astype(np.float64), prior)


def fit_vector_scaling(
    logits: Logits, targets: Targets | Float, *, prior: float = PRIOR
) -> Scaling:
    """Slopes and biases for scores `softmax(slopes * logits + biases)`: a text has one label.

    This is the vector scaling of Guo et al. (arXiv 1706.04599, section 4.2).

    Args:
        logits: of texts that were not trained on.
        targets: true or false, or the probability of each label. A text with several labels counts
            as an equal part of each; a text without any does not count.
        prior: strength of the penalty, above 0.
    """
    mass = targets.astype(np.float64).sum(axis=1)
    labelled = mass > 0
    return _fit(
        _categorical,
        logits[labelled],
        targets[labelled] / mass[labelled, None],
        prior,
    )


class _CrossEntropy(NamedTuple):
    """Of each text, and its derivatives with respect to the calibrated logits `a`."""

    value: Float
    """*Shape:* `(texts,)`."""
    probabilities: Float
    """The gradient is `probabilities - targets`."""
    curvature: Float
    """Diagonal of the Hessian."""
    coupled: bool
    """Whether the Hessian is `diag(p) - p p^T`, and not diagonal."""


def _bernoulli(a: Float, targets: Float) -> _CrossEntropy:
    value = (np.logaddexp(0, a) - targets * a).sum(axis=1)
    p = np.exp(-np.logaddexp(0, -a))
    return _CrossEntropy(value, p, p * (1 - p), coupled=False)


def _categorical(a: Float, targets: Float) -> _CrossEntropy:
    log_sum = np.logaddexp.reduce(a, axis=1, keepdims=True)
    p = np.exp(a - log_sum)
    return _CrossEntropy(log_sum[:, 0] - (targets * a).sum(axis=1), p, p, coupled=True)


def _fit(
    cross_entropy: Callable[[Float, Float], _CrossEntropy],
    logits: Logits,
    targets: Float,
    prior: float,
) -> Scaling:
    z = logits.astype(np.float64)
    labels = z.shape[1]
    identity = np.repeat([1.0, 0.0], labels)

    def expand(point: Float) -> Expansion:
        found = cross_entropy(Scaling(point[:labels], point[labels:])(z), targets)
        deviation = point - identity
        penalty = prior / 2 * float(deviation @ deviation)
        errors = found.probabilities - targets
        gradient = np.concatenate([(errors * z).sum(axis=0), errors.sum(axis=0)])
        hessian = _hessian(found, z) + prior * np.eye(2 * labels)
        value = float(found.value.sum()) + penalty
        return Expansion(value, gradient + prior * deviation, hessian)

    lower = np.repeat([MIN_SLOPE, -np.inf], labels)
    return Scaling(*minimize(expand, identity, lower).reshape(2, labels))


def _hessian(found: _CrossEntropy, z: Float) -> Float:
    """With respect to slopes, then biases. *Shape:* `(2 * labels, 2 * labels)`."""
    by_slope, mixed, by_bias = (
        np.diag((found.curvature * z**power).sum(axis=0)) for power in (2, 1, 0)
    )
    hessian = np.block([[by_slope, mixed], [mixed, by_bias]])
    if found.coupled:
        p = found.probabilities
        rows = np.hstack([p * z, p])
        hessian -= rows.T @ rows
    return hessian

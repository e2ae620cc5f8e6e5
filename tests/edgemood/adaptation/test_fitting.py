"""Affine maps of logits: by hand, and against scikit-learn and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from edgemood.adaptation.fitting import (
    SMALLEST_OWN_WEIGHT,
    AffineMap,
    Problem,
    can_be_fitted,
    cross_entropy,
    fit_map,
)

MULTI = Problem((0, 1, 2), full=True, is_single_label=False)
DIAGONAL = Problem((0, 1, 2), full=False, is_single_label=False)
SINGLE = Problem((0, 1, 2), full=True, is_single_label=True)
STRENGTH = 2
PROBLEMS = [MULTI, DIAGONAL, SINGLE, SINGLE._replace(full=False)]

seeds = st.integers(0, 2**32 - 1)


def drawn(
    seed: int, *, texts: int = 60, inputs: int = 3, single: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that depend on another affine map of them."""
    generator = np.random.default_rng(seed)
    x = generator.normal(scale=2, size=(texts, inputs))
    mixed = (
        0.7 * x[:, :3] + 0.3 * x[:, [1, 2, 0]] - [0.5, 0, 1] + generator.logistic(size=(texts, 3))
    )
    targets = mixed == mixed.max(axis=1, keepdims=True) if single else mixed > 0
    return x, targets


def objective(
    rows: np.ndarray, x: np.ndarray, y: np.ndarray, identity: np.ndarray, single: bool
) -> float:
    """The function of the module's docstring, from scipy's functions."""
    a = x @ rows[:, :-1].T + rows[:, -1]
    if single:
        loss = -(special.log_softmax(a, axis=1) * y).sum()
    else:
        loss = -(special.log_expit(a) * y + special.log_expit(-a) * ~y).sum()
    return loss + STRENGTH / 2 * ((rows - identity) ** 2).sum()


def test_one_label_by_hand() -> None:
    """Texts of the logit 0, so that only the bias b changes anything.

    If one of two texts has the label, the derivative is 2 sigmoid(b) - 1 + b: it vanishes at 0.
    With three of four it is 4 sigmoid(b) - 3 + b: at .505, 4 x .6236 - 3 + .505 is about 0.
    """
    problem = Problem((0,), full=False, is_single_label=False)
    even = fit_map(np.zeros((2, 1)), np.array([[True], [False]]), problem, strength=1)
    assert (even.weights.tolist(), even.biases.tolist()) == ([[1]], [0])
    targets = np.array([[True], [True], [True], [False]])
    (bias,) = fit_map(np.zeros((4, 1)), targets, problem, strength=1).biases
    assert bias == pytest.approx(0.5052, abs=1e-4)
    assert 4 * special.expit(bias) - 3 + bias == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("strength", [0.1, 1, 50])
def test_a_multi_label_map_is_that_of_scikit_learn(strength: float) -> None:
    """A penalty on the distance from the identity is one on a correction of its logits.

    scikit-learn has no penalty around the identity and none on the bias, but the gradient of its
    loss can be taken: at the minimum it equals that of the penalty.
    """
    linear_loss = pytest.importorskip("sklearn.linear_model._linear_loss")
    loss = pytest.importorskip("sklearn._loss")
    x, y = drawn(1)
    found = fit_map(x, y, MULTI, strength=strength)
    for j in range(3):
        model = linear_loss.LinearModelLoss(base_loss=loss.HalfBinomialLoss(), fit_intercept=True)
        coefficients = np.append(found.weights[j], found.biases[j])
        gradient = len(x) * model.gradient(coefficients, x, y[:, j].astype(float))
        penalty = strength * (coefficients - np.append(np.eye(3)[j], 0))
        np.testing.assert_allclose(gradient, -penalty, atol=1e-6)


def test_without_a_penalty_it_is_logistic_regression() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    x, y = drawn(2, texts=300)
    found = fit_map(x, y, MULTI, strength=1e-9)
    for j in range(3):
        oracle = linear.LogisticRegression(C=1e9, tol=1e-10, max_iter=1000).fit(x, y[:, j])
        np.testing.assert_allclose(found.weights[j], oracle.coef_[0], rtol=1e-4)
        np.testing.assert_allclose(found.biases[j], oracle.intercept_[0], rtol=1e-4)


@pytest.mark.parametrize("problem", PROBLEMS)
@settings(max_examples=8)
@given(seed=seeds)
def test_the_minimum_is_that_of_scipy(problem: Problem, seed: int) -> None:
    single = problem.is_single_label
    x, y = drawn(seed, single=single)
    fitted = can_be_fitted(y)
    identity = np.hstack([np.eye(3), np.zeros((3, 1))])
    found = fit_map(x, y, problem, strength=STRENGTH)
    free = np.ones((3, 4), bool) if problem.full else np.eye(3, 4, dtype=bool) | (np.arange(4) == 3)
    free &= fitted[:, None]

    def value(values: np.ndarray) -> float:
        rows = identity.copy()
        rows[free] = values
        return objective(rows, x, y, identity, single)

    bounds = [(SMALLEST_OWN_WEIGHT if one else None, None) for one in identity[free] == 1]
    best = optimize.minimize(value, identity[free], bounds=bounds, method="L-BFGS-B")
    rows = np.hstack([found.weights, found.biases[:, None]])
    assert value(rows[free]) <= best.fun + 1e-9
    np.testing.assert_array_equal(rows[~free], identity[~free])


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_strong_penalty_keeps_the_identity(problem: Problem) -> None:
    x, y = drawn(3, single=problem.is_single_label)
    found = fit_map(x, y, problem, strength=1e9)
    np.testing.assert_allclose(found.weights, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(found.biases, 0, atol=1e-6)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_start_does_not_change_the_minimum(problem: Problem) -> None:
    x, y = drawn(4, single=problem.is_single_label)
    start = fit_map(x, y, problem, strength=100)
    one, other = fit_map(x, y, problem, strength=1), fit_map(x, y, problem, strength=1, start=start)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-7)
    np.testing.assert_allclose(one.biases, other.biases, atol=1e-7)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_label_that_no_text_has_stays_as_it_is(problem: Problem) -> None:
    x, y = drawn(5, single=problem.is_single_label)
    y[:, 0] |= y[:, 1] if problem.is_single_label else False
    y[:, 1] = False
    found = fit_map(x, y, problem, strength=1)
    assert found.weights[1].tolist() == [0, 1, 0]
    assert found.biases[1] == 0
    assert found.weights[0].tolist() != [1, 0, 0]


def test_a_label_may_start_from_a_further_input() -> None:
    """The second label's own input is the fourth one."""
    x, y = drawn(6, inputs=4)
    found = fit_map(x, y, Problem((0, 3, 2), full=False, is_single_label=False), strength=1)
    assert found.weights[1, :3].tolist() == [0, 0, 0]
    assert found.weights[1, 3] != 0


@given(seed=seeds, strength=st.sampled_from([0.5, 5.0]))
def test_a_fit_is_never_worse_than_the_identity_on_its_own_texts(
    seed: int, strength: float
) -> None:
    x, y = drawn(seed)
    found = fit_map(x, y, MULTI, strength=strength)
    after = cross_entropy(found(x), y.astype(float), coupled=False).value
    assert after <= cross_entropy(x, y.astype(float), coupled=False).value + 1e-9


def test_the_identity_returns_its_inputs() -> None:
    x = drawn(7)[0]
    np.testing.assert_array_equal(AffineMap.identity((0, 1, 2), 3)(x), x)

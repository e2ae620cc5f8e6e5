"""The projected Newton method: by hand, and against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize as oracle

from edgemood.adaptation.newton import Expansion, minimize

FREE = np.full(2, -np.inf)


def quadratic(point: np.ndarray) -> Expansion:
    """`(x - 3)^2 + (y + 1)^2 + (x - 3)(y + 1)`, lowest at `(3, -1)`."""
    x, y = point - [3, -1]
    return Expansion(
        x * x + y * y + x * y,
        np.array([2 * x + y, 2 * y + x]),
        np.array([[2.0, 1.0], [1.0, 2.0]]),
    )


def test_a_quadratic_takes_one_step() -> None:
    calls = []

    def counted(point: np.ndarray) -> Expansion:
        calls.append(point)
        return quadratic(point)

    np.testing.assert_allclose(minimize(counted, np.zeros(2), FREE), [3, -1])
    assert len(calls) == 2


def test_no_search_goes_on_below_the_precision_of_the_function() -> None:
    """At the minimum of a function of about 1e6 a halved step looks no better than a whole one."""
    calls = []

    def lifted(point: np.ndarray) -> Expansion:
        calls.append(point)
        found = quadratic(point)
        noise = 1e-5 * np.sin(1e9 * point)
        return Expansion(found.value + 1e6, found.gradient + noise, found.hessian)

    np.testing.assert_allclose(minimize(lifted, np.zeros(2), FREE), [3, -1], atol=1e-4)
    assert len(calls) < 5


def test_a_bound_is_kept_and_the_rest_adapts_to_it() -> None:
    # With y = 1: the slope 2 (x - 3) + 2 vanishes at x = 2.
    found = minimize(quadratic, np.array([5.0, 4.0]), np.array([-np.inf, 1.0]))
    np.testing.assert_allclose(found, [2, 1])


def test_a_start_at_the_bound_may_leave_it() -> None:
    np.testing.assert_allclose(minimize(quadratic, np.array([0.0, -5]), np.full(2, -5.0)), [3, -1])


def test_a_full_step_that_overshoots_is_shortened() -> None:
    def softened(point: np.ndarray) -> Expansion:
        """`sqrt(1 + x^2)`, for which Newton's full steps diverge from 2."""
        root = np.sqrt(1 + point[0] ** 2)
        return Expansion(root, point / root, np.array([[root**-3]]))

    assert minimize(softened, np.array([2.0]), np.array([-np.inf])) == pytest.approx(0, abs=1e-7)


@given(st.integers(0, 2**32 - 1))
def test_the_minimum_is_that_of_scipy(seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows, signs = generator.normal(size=(20, 4)), generator.choice([-1.0, 1.0], size=20)
    lower = np.where(generator.random(4) < 0.5, -0.1, -np.inf)

    def value(point: np.ndarray) -> float:
        return float(np.logaddexp(0, signs * (rows @ point)).sum() + point @ point / 2)

    def expand(point: np.ndarray) -> Expansion:
        p = 1 / (1 + np.exp(-signs * (rows @ point)))
        hessian = (rows * (p * (1 - p))[:, None]).T @ rows + np.eye(4)
        return Expansion(value(point), rows.T @ (signs * p) + point, hessian)

    found = minimize(expand, np.zeros(4), lower)
    bounds = [(None if low == -np.inf else low, None) for low in lower]
    expected = oracle(value, np.zeros(4), bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15})
    np.testing.assert_allclose(found, expected.x, atol=1e-4)
    assert value(found) <= expected.fun + 1e-9

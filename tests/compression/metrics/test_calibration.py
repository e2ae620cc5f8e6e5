"""Platt scaling and vector scaling: by hand, against scikit-learn and scipy, and by recovery."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit, softmax
from sklearn.linear_model import LogisticRegression

from compression.metrics.calibration import (
    MIN_SLOPE,
    Scaling,
    fit_platt_scaling,
    fit_vector_scaling,
)

seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, texts: int = 60) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=2, size=(texts, 3))
    return logits, generator.random((texts, 3)) < expit(0.6 * logits - 0.5)


def test_a_scaling_is_affine() -> None:
    scaling = Scaling(slopes=np.array([0.5, 2.0]), biases=np.array([1.0, -1.0]))
    np.testing.assert_array_equal(scaling(np.array([[2.0, 3.0]])), [[2.0, 5.0]])


def test_by_hand() -> None:
    # Of the texts with a logit of 2, 3 of 4 have the label, and of those with -2, 1 of 4. Without a
    # prior, scores of 3/4 and 1/4 are best: slope * 2 = ln 3, and no bias.
    logits = np.array([[2.0]] * 4 + [[-2.0]] * 4)
    targets = np.array([[1], [1], [1], [0], [0], [0], [0], [1]], dtype=bool)
    found = fit_platt_scaling(logits, targets, prior=1e-9)
    assert found.slopes == pytest.approx([np.log(3) / 2])
    assert found.biases == pytest.approx([0], abs=1e-9)


def test_the_prior_pulls_towards_the_identity() -> None:
    logits, targets = draw(0)
    strong = fit_platt_scaling(logits, targets, prior=1e9)
    np.testing.assert_allclose(strong, [[1, 1, 1], [0, 0, 0]], atol=1e-5)
    weak, usual = (fit_platt_scaling(logits, targets, prior=prior) for prior in (1e-9, 1))
    for free, kept, identity in zip(weak, usual, (1, 0), strict=True):
        assert (np.abs(kept - identity) <= np.abs(free - identity) + 0.05).all()


@settings(deadline=None)
@given(seeds)
def test_without_a_prior_it_is_scikit_learns_logistic_regression(seed: int) -> None:
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(200, 1))
    targets = generator.random((200, 1)) < expit(1.5 * logits - 0.5)
    found = fit_platt_scaling(logits, targets, prior=1e-9)
    expected = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    expected.fit(logits, targets[:, 0])
    assert found.slopes == pytest.approx(expected.coef_[0], rel=1e-3)
    assert found.biases == pytest.approx(expected.intercept_, rel=1e-3, abs=1e-3)


def penalized(point: np.ndarray, losses: float) -> float:
    return losses + float(((point[:3] - 1) ** 2).sum() + (point[3:] ** 2).sum()) / 2


def platt_objective(point: np.ndarray, logits: np.ndarray, targets: np.ndarray) -> float:
    p = expit(point[:3] * logits + point[3:])
    return penalized(point, -np.log(np.where(targets, p, 1 - p)).sum())


def vector_objective(point: np.ndarray, logits: np.ndarray, targets: np.ndarray) -> float:
    shares = targets / targets.sum(axis=1, keepdims=True)
    return penalized(point, -(shares * log_softmax(point[:3] * logits + point[3:], axis=1)).sum())


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_the_minimum_is_that_of_scipy(seed: int) -> None:
    logits, targets = draw(seed)
    targets[:, 0] |= ~targets.any(axis=1)
    bounds = [(MIN_SLOPE, None)] * 3 + [(None, None)] * 3
    for fit, objective in (
        (fit_platt_scaling, platt_objective),
        (fit_vector_scaling, vector_objective),
    ):
        found = np.concatenate(fit(logits, targets))
        start = np.array([1.0, 1, 1, 0, 0, 0])
        expected = minimize(objective, start, (logits, targets), bounds=bounds, method="L-BFGS-B")
        np.testing.assert_allclose(found, expected.x, atol=2e-3)
        assert objective(found, logits, targets) <= expected.fun + 1e-9


@given(seeds)
@settings(deadline=None, max_examples=20)
def test_labels_are_fitted_independently_of_each_other(seed: int) -> None:
    logits, targets = draw(seed)
    together = fit_platt_scaling(logits, targets)
    for label in range(3):
        alone = fit_platt_scaling(logits[:, [label]], targets[:, [label]])
        assert alone.slopes == pytest.approx(together.slopes[[label]], abs=1e-6)
        assert alone.biases == pytest.approx(together.biases[[label]], abs=1e-6)


def test_probabilities_count_as_parts_of_texts() -> None:
    logits = np.array([[1.0], [-1.0], [0.5]])
    soft = fit_platt_scaling(logits, np.array([[0.75], [0.0], [1.0]]))
    targets = np.array([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=bool)[:, None]
    parts = fit_platt_scaling(logits.repeat(4, axis=0), targets, prior=4)  # each text four times
    np.testing.assert_allclose(soft, parts, atol=1e-9)


@pytest.mark.parametrize("fit", [fit_platt_scaling, fit_vector_scaling])
def test_a_label_without_texts_stays_finite(fit: object) -> None:
    logits, targets = draw(6)
    targets[:, 2] = False
    slopes, biases = fit(logits, targets)  # type: ignore[operator]  # either fit
    assert np.isfinite([*slopes, *biases]).all()
    assert biases[2] < biases[:2].min()


@pytest.mark.parametrize("fit", [fit_platt_scaling, fit_vector_scaling])
def test_logits_that_point_the_wrong_way_keep_their_order(fit: object) -> None:
    logits, targets = draw(7)
    slopes, _ = fit(-logits, targets)  # type: ignore[operator]  # either fit
    assert slopes == pytest.approx([MIN_SLOPE] * 3)


def test_distorted_probabilities_are_recovered() -> None:
    generator = np.random.default_rng(8)
    p = generator.beta(0.4, 1.5, size=(20_000, 2))
    targets = generator.random(p.shape) < p
    found = fit_platt_scaling((logit(p) - [0.5, -1.0]) / [2.0, 0.7], targets)
    np.testing.assert_allclose(found, [[2.0, 0.7], [0.5, -1.0]], atol=0.07)


def test_a_distorted_softmax_is_recovered() -> None:
    generator = np.random.default_rng(9)
    true = generator.normal(scale=2, size=(20_000, 3))
    cumulative = softmax(true, axis=1).cumsum(axis=1)
    drawn = (generator.random((20_000, 1)) > cumulative).sum(axis=1)
    targets = np.eye(3, dtype=bool)[drawn]
    found = fit_vector_scaling((true - [1.0, 0.0, -1.0]) / [2.0, 0.5, 1.0], targets)
    np.testing.assert_allclose(found, [[2.0, 0.5, 1.0], [1.0, 0.0, -1.0]], atol=0.07)


def test_vector_scaling_ignores_texts_without_a_label() -> None:
    logits, targets = draw(10)
    targets[:, 0] |= ~targets.any(axis=1)
    extra = np.concatenate([logits, [[9.0, -9.0, 0.0]]]), np.vstack([targets, [[False] * 3]])
    np.testing.assert_allclose(fit_vector_scaling(*extra), fit_vector_scaling(logits, targets))

"""The strength of the penalty by cross-validation."""

import numpy as np

from edgemood.adaptation.cross_validation import STRENGTHS, cross_validate
from edgemood.adaptation.fitting import Problem, fit_map

PROBLEM = Problem((0, 1), full=True, is_single_label=False)


def drawn(texts: int, weights: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.normal(scale=2, size=(texts, 2))
    return x, x @ weights.T + generator.logistic(size=(texts, 2)) > 0


def test_each_text_is_predicted_by_a_map_of_the_other_folds() -> None:
    x, y = drawn(40, np.eye(2))
    folds = np.arange(40) % 4
    found = cross_validate(x, y, folds, PROBLEM)
    for fold in range(4):
        inside = folds == fold
        alone = fit_map(x[~inside], y[~inside], PROBLEM, strength=found.strength)
        np.testing.assert_allclose(found.logits[inside], alone(x[inside]), atol=1e-6)


def test_calibrated_logits_are_left_alone_and_others_are_not() -> None:
    """A strong penalty where the identity is right; a weak one where each label needs another."""
    folds = np.arange(300) % 5
    strengths = [
        cross_validate(*drawn(300, weights), folds, PROBLEM).strength
        for weights in (np.eye(2), np.array([[-1.0, 2], [2, -1]]))
    ]
    assert strengths[0] >= 100
    assert strengths[1] <= 3
    assert set(strengths) <= set(STRENGTHS)

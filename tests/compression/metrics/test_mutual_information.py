"""Uncertainty coefficients: by hand, and against scikit-learn and scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from compression.metrics.mutual_information import uncertainty_coefficients


def counted(present: np.ndarray, labels: np.ndarray) -> np.ndarray:
    with_both = present.T.astype(np.int64) @ labels.astype(np.int64)
    return uncertainty_coefficients(
        with_both, present.sum(axis=0), labels.sum(axis=0).astype(np.int64), len(labels)
    )


def test_extremes() -> None:
    # Four texts, the label on two: one word in these two, one in all, one in one of each two.
    found = uncertainty_coefficients(
        np.array([[2], [2], [1]]), np.array([2, 4, 2]), np.array([2]), 4
    )
    np.testing.assert_allclose(found, [1.0, 0.0, 0.0], atol=1e-12)


def test_by_hand() -> None:
    # 8 texts, the label on 4; the word in 2, both with the label. Of the 6 without it 2 have the
    # label, so H(label | word) = 2/8 * 0 + 6/8 * H(2/6), and H(label) = ln 2.
    expected = 1 - 6 / 8 * entropy([2 / 6, 4 / 6]) / np.log(2)
    found = uncertainty_coefficients(np.array([[2]]), np.array([2]), np.array([4]), 8)
    assert found[0] == pytest.approx(expected)


def test_a_rare_label_counts_as_much_as_a_frequent_one() -> None:
    # Each word is one of the labels and says little about the other.
    with_both = np.array([[2, 0], [0, 50]])
    found = uncertainty_coefficients(with_both, np.array([2, 50]), np.array([2, 50]), 100)
    assert found[0] == pytest.approx(found[1], abs=0.15)
    assert found.min() > 0.5


@given(arrays(np.bool_, (12, 3)), arrays(np.bool_, (12, 2)))
def test_they_are_scikit_learns_mutual_information_over_scipys_entropy(
    present: np.ndarray, labels: np.ndarray
) -> None:
    def coefficient(word: np.ndarray, label: np.ndarray) -> float:
        of_label = entropy([label.mean(), 1 - label.mean()])
        return float(mutual_info_score(word, label) / of_label) if of_label > 0 else 0.0

    expected = [np.mean([coefficient(word, label) for label in labels.T]) for word in present.T]
    np.testing.assert_allclose(counted(present, labels), expected, atol=1e-9)


@given(st.integers(1, 20))
def test_a_label_on_all_or_no_texts_gives_zero(texts: int) -> None:
    for with_label in (0, texts):
        with_both = np.array([[min(with_label, 1)]])
        found = uncertainty_coefficients(with_both, np.array([1]), np.array([with_label]), texts)
        assert found[0] == 0

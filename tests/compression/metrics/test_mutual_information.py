import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from compression.metrics.mutual_information import information


def entropy(*shares: float) -> float:
    return -sum(share * np.log(share) for share in shares if share > 0)


def oracle(present: np.ndarray, label: np.ndarray) -> float:
    """H(word) + H(label) - H(both) over H(label), from the texts themselves."""
    joint = [np.mean((present == i) & (label == j)) for i in (0, 1) for j in (0, 1)]
    h_label = entropy(label.mean(), 1 - label.mean())
    mutual = entropy(present.mean(), 1 - present.mean()) + h_label - entropy(*joint)
    return mutual / h_label if h_label > 0 else 0.0


def counted(present: np.ndarray, labels: np.ndarray) -> np.ndarray:
    together = present.T.astype(np.int64) @ labels.astype(np.int64)
    return information(
        together, present.sum(axis=0), labels.sum(axis=0).astype(np.int64), len(labels)
    )


def test_a_word_that_is_the_label_tells_all_and_one_that_is_everywhere_nothing() -> None:
    # Four texts, the label on two of them: one word on these two, one on all, one on half of each.
    together = np.array([[2], [2], [1]])
    found = information(together, np.array([2, 4, 2]), np.array([2]), 4)
    np.testing.assert_allclose(found, [1.0, 0.0, 0.0], atol=1e-12)


def test_by_hand() -> None:
    # 8 texts, the label on 4; the word in 2, both with the label. Of the 6 without it 2 carry the
    # label, so H(label | word) = 2/8 * 0 + 6/8 * H(2/6), and H(label) = ln 2.
    expected = 1 - 6 / 8 * entropy(2 / 6, 4 / 6) / np.log(2)
    found = information(np.array([[2]]), np.array([2]), np.array([4]), 8)
    assert found[0] == pytest.approx(expected)


def test_a_rare_label_counts_as_much_as_a_frequent_one() -> None:
    # Each word is one of the labels; the other label tells it little.
    together = np.array([[2, 0], [0, 50]])
    found = information(together, np.array([2, 50]), np.array([2, 50]), 100)
    assert found[0] == pytest.approx(found[1], abs=0.15)
    assert found.min() > 0.5


@given(arrays(np.bool_, (12, 3)), arrays(np.bool_, (12, 2)))
def test_it_is_what_the_entropies_of_the_texts_give(
    present: np.ndarray, labels: np.ndarray
) -> None:
    expected = [np.mean([oracle(word, label) for label in labels.T]) for word in present.T]
    np.testing.assert_allclose(counted(present, labels), expected, atol=1e-9)


@given(st.integers(1, 20))
def test_a_label_that_all_or_no_texts_carry_tells_nothing(total: int) -> None:
    for examples in (0, total):
        together = np.array([[min(examples, 1)]])
        found = information(together, np.array([1]), np.array([examples]), total)
        assert found[0] == 0

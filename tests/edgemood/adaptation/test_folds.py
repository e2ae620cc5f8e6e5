"""Folds for cross-validation."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgemood.adaptation.folds import assign_folds, canonical_order


def columns(*rows: str) -> np.ndarray:
    return np.array([[mark == "x" for mark in row] for row in rows])


def test_by_hand() -> None:
    """The second label is rarer: its two texts go to different folds, then the rest fills up."""
    targets = columns("x.", "x.", "xx", ".x", "x.", "..")
    assert assign_folds(list("abcdef"), targets, folds=2).tolist() == [1, 0, 0, 1, 1, 0]


def test_equal_texts_are_in_one_fold() -> None:
    keys = ["a", "b", "a", "c", "b", "a"]
    folds = assign_folds(keys, np.ones((6, 1), bool), folds=3)
    assert folds[0] == folds[2] == folds[5]
    assert folds[1] == folds[4]
    assert len(set(folds.tolist())) == 3


@given(st.lists(st.sets(st.integers(0, 3)), min_size=10, max_size=60))
def test_labels_are_spread_evenly(labels: list[set[int]]) -> None:
    """The rarest label exactly; every fold has about as many texts."""
    targets = np.array([[label in own for label in range(4)] for own in labels])
    folds = assign_folds([str(i) for i in range(len(labels))], targets, folds=5)
    rarest = int(targets.sum(axis=0).argmin())
    counts = np.bincount(folds[targets[:, rarest]], minlength=5)
    assert counts.max() - counts.min() <= 1
    assert np.bincount(folds, minlength=5).sum() == len(labels)


@given(st.permutations(range(8)), st.integers(0, 5))
def test_the_canonical_order_does_not_depend_on_the_given_one(order: list[int], seed: int) -> None:
    keys = [f"text {i}" for i in order]
    sorted_keys = [keys[i] for i in canonical_order(keys, seed=seed)]
    usual = [f"text {i}" for i in range(8)]
    assert sorted_keys == [usual[i] for i in canonical_order(usual, seed=seed)]


def test_another_seed_gives_another_order() -> None:
    keys = [str(i) for i in range(20)]
    assert canonical_order(keys, seed=0) != canonical_order(keys, seed=1)
    assert sorted(canonical_order(keys, seed=1)) == list(range(20))


def test_texts_need_not_be_unicode() -> None:
    assert canonical_order(["\ud800"], seed=0) == [0]

"""Splits of texts: disjoint, complete, the same again, stratified, duplicates on one side."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.data.tables.splitting import stratified_split, text_key

SHARES = {"train": 0.8, "dev": 0.1, "test": 0.1}
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdefghijklmnop"), st.lists(st.booleans(), min_size=3, max_size=3)),
    min_size=1,
    max_size=60,
)


@given(rows=ROWS, seed=st.integers(0, 3), order=st.randoms(use_true_random=False))
def test_duplicates_stay_together_in_any_order(
    rows: list[tuple[str, list[bool]]], seed: int, order: st.DrawFn
) -> None:
    keys, targets = [key for key, _ in rows], np.array([row for _, row in rows])
    found = stratified_split(keys, targets, SHARES, seed=seed)
    assert found.shape == (len(rows),)
    assert set(found.tolist()) <= {0, 1, 2}
    by_key = dict(zip(keys, found.tolist(), strict=True))
    assert [by_key[key] for key in keys] == found.tolist()
    positions = list(range(len(rows)))
    order.shuffle(positions)  # type: ignore[attr-defined]  # a Random
    shuffled = stratified_split([keys[i] for i in positions], targets[positions], SHARES, seed=seed)
    assert shuffled.tolist() == found[positions].tolist()


def test_a_hand_worked_example() -> None:
    """Two labels, 4 and 8 texts; a half goes to each split, the rarer label first."""
    targets = np.array([[True, False]] * 4 + [[False, True]] * 8)
    keys = [f"text {i}" for i in range(12)]
    found = stratified_split(keys, targets, {"train": 0.5, "dev": 0.5}, seed=0)
    assert np.bincount(found[:4]).tolist() == [2, 2]
    assert np.bincount(found[4:]).tolist() == [4, 4]


def test_shares_hold_for_each_of_many_labels() -> None:
    generator = np.random.default_rng(0)
    targets = generator.random((4000, 6)) < [0.4, 0.2, 0.1, 0.05, 0.02, 0.01]
    found = stratified_split([str(i) for i in range(4000)], targets, SHARES, seed=1)
    rows = np.column_stack([targets, ~targets.any(axis=1), np.ones(4000, dtype=bool)])
    for split, share in enumerate(SHARES.values()):
        *of_labels, total = np.abs(rows[found == split].sum(axis=0) - share * rows.sum(axis=0))
        assert max(of_labels) <= 1
        assert total <= 8  # of 400


def test_another_seed_divides_in_another_way() -> None:
    targets = np.ones((100, 1), dtype=np.bool_)
    keys = [str(i) for i in range(100)]
    first, second = (stratified_split(keys, targets, SHARES, seed=seed) for seed in (0, 1))
    assert np.bincount(first).tolist() == np.bincount(second).tolist() == [80, 10, 10]
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("other", ["So  HAPPY!", "so happy!", "&#115;o happy!", "\ufeffso happy!"])
def test_texts_of_the_same_tokens_have_one_key(other: str) -> None:
    assert text_key(other) == text_key("so happy!") != text_key("so sad!")

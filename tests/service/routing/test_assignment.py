"""Assignment: fixed vectors, an independent definition, and the keys that a change may move."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.routing.assignment import BUCKETS, bucket, is_shadowed, range_ends, variant_for

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "routing.json").read_text())

weights = st.floats(0, 1000, allow_subnormal=False)
splits = st.dictionaries(st.sampled_from("abcdef"), weights, min_size=1).filter(
    lambda split: sum(split.values()) > 0.01
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def assign(split: dict[str, float], key: str, salt: str = "s") -> str:
    return variant_for(key, salt=salt, ends=range_ends(split))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['salt']}-{v['key']}")
def test_fixed_vectors(vector: dict[str, Any]) -> None:
    assert bucket(vector["salt"], vector["key"]) == vector["bucket"]
    assert assign(vector["split"], vector["key"], vector["salt"]) == vector["variant"]


@given(splits, keys)
def test_assignment_is_the_first_range_that_holds_the_bucket(
    split: dict[str, float], key: str
) -> None:
    digest = hashlib.blake2b(b"s" + key.encode(), digest_size=8).hexdigest()
    position = int(digest, 16) % 10_000
    total, running, expected = sum(split.values()), 0.0, None
    for name, weight in split.items():
        running += weight
        if expected is None and weight > 0 and position < round(10_000 * running / total):
            expected = name
    chosen = assign(split, key)
    assert chosen == (expected or [name for name, w in split.items() if w > 0][-1])
    assert split[chosen] > 0


@given(splits)
def test_ranges_cover_every_bucket_in_order(split: dict[str, float]) -> None:
    ends = list(range_ends(split).values())
    assert ends == sorted(ends)
    assert ends[-1] == BUCKETS
    total = sum(split.values())
    for (name, end), begin in zip(range_ends(split).items(), [0, *ends], strict=False):
        assert abs((end - begin) - BUCKETS * split[name] / total) <= 1.01


@given(st.integers(0, 100), st.integers(0, 100))
def test_moving_weight_between_neighbours_moves_only_the_keys_in_between(
    before: int, after: int
) -> None:
    old, new = {"a": before, "b": 100 - before}, {"a": after, "b": 100 - after}
    low, high = sorted((before * 100, after * 100))
    for key in map(str, range(300)):
        must_move = low <= bucket("s", key) < high
        assert (assign(old, key) != assign(new, key)) == must_move


@given(splits, st.floats(0.1, 10))
def test_scaling_all_weights_moves_no_key(split: dict[str, float], factor: float) -> None:
    scaled = {name: weight * factor for name, weight in split.items()}
    moved = [key for key in map(str, range(200)) if assign(split, key) != assign(scaled, key)]
    assert len(moved) <= 1  # the end of a range may round differently


def test_a_90_10_split_gets_90_percent_of_the_keys() -> None:
    chosen = [assign({"a": 90, "b": 10}, f"user-{i}") for i in range(10_000)]
    assert chosen.count("a") / 10_000 == pytest.approx(0.9, abs=0.01)


def test_changing_the_salt_reshuffles_every_key() -> None:
    split = {"a": 50, "b": 50}
    equal = sum(assign(split, str(i), "one") == assign(split, str(i), "two") for i in range(2000))
    assert equal / 2000 == pytest.approx(0.5, abs=0.05)


@given(keys)
def test_a_larger_fraction_shadows_all_keys_of_a_smaller_one(key: str) -> None:
    assert is_shadowed(key, salt="s", fraction=1.0)
    assert not is_shadowed(key, salt="s", fraction=0.0)
    if is_shadowed(key, salt="s", fraction=0.2):
        assert is_shadowed(key, salt="s", fraction=0.5)


def test_shadowing_is_independent_of_the_split() -> None:
    keys_by_variant: dict[str, list[str]] = {"a": [], "b": []}
    for key in (f"user-{i}" for i in range(10_000)):
        keys_by_variant[assign({"a": 50, "b": 50}, key)].append(key)
    for own in keys_by_variant.values():
        share = sum(is_shadowed(key, salt="s", fraction=0.2) for key in own) / len(own)
        assert share == pytest.approx(0.2, abs=0.02)

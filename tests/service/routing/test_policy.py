"""Assignment: fixed vectors, an independent definition, and what a change may move."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.routing.policy import BUCKETS, Policy, PolicyChange, bucket, default_policy, range_ends

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "routing.json").read_text())

weights = st.floats(0, 1000, allow_subnormal=False)
splits = st.dictionaries(st.sampled_from("abcdef"), weights, min_size=1).filter(
    lambda split: sum(split.values()) > 0.01
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def policy(split: dict[str, float], salt: str = "s") -> Policy:
    return Policy(version=1, split=split, reference=next(iter(split)), salt=salt)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['salt']}-{v['key']}")
def test_fixed_vectors(vector: dict) -> None:
    assert bucket(vector["salt"], vector["key"]) == vector["bucket"]
    assert policy(vector["split"], vector["salt"]).assign(vector["key"]) == vector["variant"]


@given(splits, keys)
def test_assignment_is_the_first_range_that_holds_the_bucket(
    split: dict[str, float], key: str
) -> None:
    digest = hashlib.blake2b(b"s" + key.encode(), digest_size=8).hexdigest()
    place = int(digest, 16) % 10_000
    total, running, expected = sum(split.values()), 0.0, None
    for name, weight in split.items():
        running += weight
        if expected is None and weight > 0 and place < round(10_000 * running / total):
            expected = name
    chosen = policy(split).assign(key)
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
def test_moving_a_share_between_neighbours_moves_only_the_keys_in_between(
    before: int, after: int
) -> None:
    old, new = policy({"a": before, "b": 100 - before}), policy({"a": after, "b": 100 - after})
    low, high = sorted((before * 100, after * 100))
    for key in map(str, range(300)):
        must_move = low <= bucket("s", key) < high
        assert (old.assign(key) != new.assign(key)) == must_move


@given(splits, st.floats(0.1, 10))
def test_weights_need_not_add_up_to_100(split: dict[str, float], factor: float) -> None:
    scaled = {name: weight * factor for name, weight in split.items()}
    moved = [
        key
        for key in map(str, range(200))
        if policy(split).assign(key) != policy(scaled).assign(key)
    ]
    assert len(moved) <= 1  # a rounding of the range's end, at the most


def test_a_90_10_split_is_one() -> None:
    chosen = [policy({"a": 90, "b": 10}).assign(f"user-{i}") for i in range(10_000)]
    assert chosen.count("a") / 10_000 == pytest.approx(0.9, abs=0.01)


def test_another_salt_deals_anew() -> None:
    one, two = policy({"a": 50, "b": 50}, "one"), policy({"a": 50, "b": 50}, "two")
    agreeing = sum(one.assign(str(i)) == two.assign(str(i)) for i in range(2000))
    assert agreeing / 2000 == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"split": {}}, "split"),
        ({"split": {"a": -1}}, "split.a"),
        ({"split": {"a": float("nan")}}, "split.a"),
        ({"split": {"a": float("inf")}}, "split.a"),
        ({"split": {"a": 0, "b": 0}}, "split"),
        ({"split": {"a": 1e308, "b": 1e308}}, "split"),
        ({"split": {"a": "lots"}}, "split.a"),
        ({"reference": None}, "reference"),
        ({"surplus": 1}, "surplus"),
        ({"salt": "x" * 200}, "salt"),
    ],
)
def test_bad_policies_are_refused_by_field(change: dict, field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        PolicyChange.model_validate({"split": {"a": 1}, "reference": "a", **change})
    assert ".".join(map(str, refusal.value.errors()[0]["loc"])).startswith(field)


def test_ratios_add_up_to_one() -> None:
    assert policy({"a": 3, "b": 1}).ratios == {"a": 0.75, "b": 0.25}


@pytest.mark.parametrize(
    ("names", "serving", "reference"),
    [
        ({"apot-kd", "fp32", "nano"}, "apot-kd", "fp32"),
        ({"fp32", "nano"}, "fp32", "fp32"),
        ({"apot-kd", "a"}, "apot-kd", "a"),
        ({"b", "a"}, "a", "a"),
    ],
)
def test_the_student_serves_until_somebody_says_otherwise(
    names: set[str], serving: str, reference: str
) -> None:
    found = default_policy(names)
    assert (found.split, found.reference, found.version) == ({serving: 100}, reference, 0)

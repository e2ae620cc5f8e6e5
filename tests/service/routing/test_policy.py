"""Policies: fields that are refused, assignment through the model, the default."""

from typing import Any

import pytest
from pydantic import ValidationError

from service.routing.assignment import range_ends, variant_for
from service.routing.policy import Policy, PolicyChange, ShadowSettings, default_policy

KNOWN = frozenset({"a", "b"})


def policy(split: dict[str, float], shadow: ShadowSettings | None = None) -> Policy:
    return Policy(version=1, split=split, reference="a", shadow=shadow)


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
        ({"shadow": {"variant": "a", "fraction": 1.5}}, "shadow.fraction"),
    ],
)
def test_invalid_fields_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        PolicyChange.model_validate({"split": {"a": 1}, "reference": "a", **change})
    assert ".".join(map(str, refusal.value.errors()[0]["loc"])).startswith(field)


def test_assign_uses_salt_and_split() -> None:
    found = policy({"a": 30, "b": 70})
    ends = range_ends(found.split)
    for key in map(str, range(100)):
        assert found.assign(key) == variant_for(key, salt=found.salt, ends=ends)


def test_shadow_for_names_the_shadow_of_sampled_keys() -> None:
    assert policy({"a": 1}).shadow_for("key") is None
    everything = ShadowSettings(variant="b", fraction=1.0)
    assert policy({"a": 1}, everything).shadow_for("key") == "b"
    nothing = ShadowSettings(variant="b", fraction=0.0)
    assert policy({"a": 1}, nothing).shadow_for("key") is None


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        (PolicyChange(split={"a": 1, "b": 0}, reference="a"), None),
        (PolicyChange(split={"a": 1, "z": 0}, reference="y"), ("split.z", "z")),
        (PolicyChange(split={"a": 1}, reference="y"), ("reference", "y")),
        (
            PolicyChange(
                split={"a": 1}, reference="a", shadow=ShadowSettings(variant="x", fraction=0)
            ),
            ("shadow.variant", "x"),
        ),
    ],
)
def test_the_first_unknown_name_and_its_field(
    change: PolicyChange, unknown: tuple[str, str] | None
) -> None:
    assert change.first_unknown(KNOWN) == unknown


def test_ratios_add_up_to_one() -> None:
    assert policy({"a": 3, "b": 1}).ratios == {"a": 0.75, "b": 0.25}


def test_json_leaves_out_missing_fields_and_reads_back() -> None:
    found = policy({"a": 3, "b": 1})
    assert b"shadow" not in found.as_json()
    assert Policy.model_validate_json(found.as_json(indent=1)) == found


@pytest.mark.parametrize(
    ("names", "serving", "reference"),
    [
        ({"apot-kd", "fp32", "nano"}, "apot-kd", "fp32"),
        ({"fp32", "nano"}, "fp32", "fp32"),
        ({"apot-kd", "a"}, "apot-kd", "a"),
        ({"b", "a"}, "a", "a"),
    ],
)
def test_the_default_policy_serves_the_distilled_variant(
    names: set[str], serving: str, reference: str
) -> None:
    found = default_policy(names)
    assert (found.split, found.reference, found.version) == ({serving: 100}, reference, 0)

"""The keys of a decision."""

import pytest
from pydantic import ValidationError

from compression.tuning.settings import AbstentionSettings, DecisionSettings


def test_the_manifest_states_only_what_its_other_fields_do_not_show() -> None:
    assert DecisionSettings(calibrate=True, decision="single-label").in_manifest == {}
    abstention = AbstentionSettings(precision=0.9)
    found = DecisionSettings(abstention=abstention).in_manifest
    assert found == {"abstention": {"precision": 0.9}}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "needs either `coverage` or `precision`"),
        ({"coverage": 0.8, "precision": 0.9}, "needs either `coverage` or `precision`"),
        ({"coverage": 0}, "greater than 0"),
        ({"coverage": 1.1}, "less than or equal to 1"),
        ({"precision": 1}, "less than 1"),
        ({"precision": "high"}, "valid number"),
        ({"threshold": 0.5}, "threshold"),
    ],
)
def test_abstentions_that_are_refused(table: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        AbstentionSettings.model_validate(table)

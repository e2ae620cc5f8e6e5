"""Tracebacks in a server's log, and the variants in the document of a run."""

import json

import pytest

from benchmarks.fuzz import has_traceback, name_variants
from service.http.api.openapi import document
from service.http.api.routes import ROUTES


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ('{"level": "info", "message": "ready"}\n', False),
        ("Traceback (most recent call last):\n", True),
        ('{"level": "error", "trace": "..."}\n', True),
    ],
)
def test_traceback_is_found_in_text_and_json(log: str, found: bool) -> None:
    assert has_traceback(log) is found


def test_policies_name_the_served_variants_only() -> None:
    changed = json.loads(document(ROUTES))
    name_variants(changed, ["fp32", "nano"])
    schemas = changed["components"]["schemas"]
    name = {"type": "string", "enum": ["fp32", "nano"]}
    split = schemas["RoutingUpdate"]["properties"]["split"]
    assert split["propertyNames"] == name
    assert [one["required"] for one in split["anyOf"]] == [["fp32"], ["nano"]]
    for model, field in (("RoutingUpdate", "reference"), ("ShadowSettings", "variant")):
        assert schemas[model]["properties"][field].items() >= name.items()

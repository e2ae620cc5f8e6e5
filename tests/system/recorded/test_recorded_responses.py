"""Every response over HTTP is, byte for byte, the one that was recorded."""

import json
import re
from typing import Any

import pytest

from tests.system.recorded.comparison import Response, without_float_scores
from tests.system.recorded.replay import PLANS, RunServer, read_recorded, replay

STAGES = read_recorded()
ENTRIES = {entry["about"]: entry for entries in STAGES.values() for entry in entries}
SCORE_TOLERANCE = 2e-6
HARD_TO_PROVOKE = {408, 429, 500}
"""These take a slow client, overload or a fault of the service."""
OF_ANY_CALL = {400, 413, 503}
"""Repeated headers, large bodies and variants that cannot answer are recorded for some calls."""


@pytest.fixture(scope="module")
def responses(
    run_server: RunServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Response]:
    return replay(STAGES, run_server, tmp_path_factory.mktemp("replay"))


@pytest.mark.parametrize("about", ENTRIES)
def test_response_is_as_recorded(about: str, responses: dict[str, Response]) -> None:
    recorded, now = Response(**ENTRIES[about]["response"]), responses[about]
    assert (now.status, now.headers) == (recorded.status, recorded.headers)
    text, scores = without_float_scores("".join(now.body))
    recorded_text, recorded_scores = without_float_scores("".join(recorded.body))
    assert text == recorded_text
    assert scores == pytest.approx(recorded_scores, abs=SCORE_TOLERANCE, rel=0)


def test_titles_are_unique_and_every_stage_is_replayed() -> None:
    assert len(ENTRIES) == sum(len(entries) for entries in STAGES.values())
    assert list(STAGES) == [stage for plan in PLANS for stage in plan.stages]


def test_every_documented_call_and_status_is_recorded() -> None:
    document = json.loads("".join(ENTRIES["API document"]["response"]["body"]))
    documented = {
        (method.upper(), path, int(status))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status in operation["responses"]
    }
    recorded = {call_and_status(entry) for entry in ENTRIES.values()}
    missing = {call for call in documented - recorded if call[2] not in HARD_TO_PROVOKE}
    assert {call for call in missing if call[2] not in OF_ANY_CALL} == set()


def call_and_status(entry: dict[str, Any]) -> tuple[str, str, int]:
    path = entry["request"]["path"].partition("?")[0]
    path = re.sub("^/variants/[^/]+", "/variants/{name}", path)
    return entry["request"]["method"], path, entry["response"]["status"]

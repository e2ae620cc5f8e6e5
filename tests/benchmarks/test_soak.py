"""The soak benchmark's figures, from made readings."""

import json

import pytest

from benchmarks.harness.wrk import WrkReport
from benchmarks.soak import memory_rows, request_bodies, summarize

READINGS = [(5.0, 90e6), (61.0, 100e6), (120.0, 105e6), (180.0, 104e6)]
LOAD = WrkReport(3000, 2_000_000, 500, 1000, 0, 0)


def test_growth_is_measured_after_the_warm_up() -> None:
    found = summarize(READINGS, LOAD, {"ok": 3000})
    assert found["growth"] == pytest.approx(0.04)
    assert (found["settled_bytes"], found["highest_bytes"]) == (100e6, 105e6)
    assert found["requests_per_s"] == 1500
    assert found["held"]


def test_growth_or_a_failed_request_fails() -> None:
    assert not summarize([*READINGS, (240.0, 111e6)], LOAD, {"ok": 3000})["held"]
    failed = summarize(READINGS, LOAD, {"ok": 2999, "server_error": 1})
    assert (failed["failed"], failed["held"]) == (1, False)
    assert not summarize(READINGS, WrkReport(1, 1, 1, 1, 0, 2), {"ok": 1})["held"]


def test_short_run_compares_with_the_first_reading() -> None:
    assert summarize(READINGS[:1], LOAD, {})["growth"] == 0


def test_rows_show_the_reading_nearest_to_every_third_minute() -> None:
    assert list(memory_rows(READINGS, 3)) == [["0", "90.0 MB"], ["3", "104.0 MB"]]


def test_bodies_are_valid_and_name_every_shipped_variant() -> None:
    bodies = [json.loads(body) for body in request_bodies()]
    assert {"apot-kd", "fp32", "nano"} <= {body["variant"] for body in bodies if "variant" in body}
    assert any("key" in body for body in bodies)
    assert all(("text" in body) != ("texts" in body) for body in bodies)

"""The verdict at the end of a run."""

import math
from pathlib import Path

import pytest
from locust.env import Environment
from locust.stats import RequestStats

from loadtests import server_metrics
from loadtests.address import AddressError
from loadtests.evaluation import Evaluation, problems_of
from loadtests.users import INVALID, LISTING

OBJECTIVES = {"default": {"p95_ms": 10.0, "error_ratio": 0.0}}


def stats_of(**latencies: float) -> RequestStats:
    stats = RequestStats()
    for name, milliseconds in latencies.items():
        stats.log_request("POST", name.replace("_", " "), milliseconds, 1)
    return stats


def test_objectives_hold_for_variants_alone() -> None:
    stats = stats_of(nano=5, invalid_input=90)
    stats.log_request("GET", LISTING, 90, 1)
    assert list(problems_of(stats, OBJECTIVES)) == []
    (problem,) = problems_of(stats_of(nano=20), OBJECTIVES)
    assert problem.startswith("nano: p95_ms")


def test_accepted_invalid_input_is_a_problem() -> None:
    stats = stats_of(nano=5, invalid_input=1)
    stats.log_error("POST", INVALID, "status 200 instead of 422")
    (problem,) = problems_of(stats, OBJECTIVES)
    assert problem.startswith(f"{INVALID}: 1 ")


@pytest.mark.parametrize(("milliseconds", "exit_code"), [(5, 0), (20, 1)])
def test_exit_code_tells_whether_objectives_are_met(
    milliseconds: float, exit_code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([{}, {"nano": {0.01: 1.0, math.inf: 1.0}}])
    monkeypatch.setattr(server_metrics, "read_counts", lambda url: next(readings))
    environment = Environment(host="http://service")
    Evaluation(OBJECTIVES, tmp_path).attach(environment)
    environment.events.test_start.fire(environment=environment)
    environment.stats.log_request("POST", "nano", milliseconds, 1)
    environment.events.quitting.fire(environment=environment)
    assert environment.process_exit_code == exit_code
    assert (tmp_path / "summary.csv").exists()


def test_end_without_a_run_has_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    environment = Environment(host="http://service")
    Evaluation(OBJECTIVES, None).attach(environment)
    environment.events.quitting.fire(environment=environment)
    assert environment.process_exit_code is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("readings", [["gone"], [{}, "gone"]], ids=["before", "after"])
def test_metrics_that_cannot_be_read_fail_the_run_with_the_reason(
    readings: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = iter(readings)

    def read(url: str) -> object:
        found = next(left)
        if isinstance(found, str):
            raise AddressError(found)
        return found

    monkeypatch.setattr(server_metrics, "read_counts", read)
    environment = Environment(host="http://service")
    Evaluation(OBJECTIVES, None).attach(environment)
    environment.events.test_start.fire(environment=environment)
    environment.stats.log_request("POST", "nano", 1, 1)
    environment.events.quitting.fire(environment=environment)
    assert environment.process_exit_code == 1
    assert "missed: the server's figures: gone" in capsys.readouterr().out

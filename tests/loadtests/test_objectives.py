"""Files of objectives, and the objectives that a run missed."""

from pathlib import Path

import pytest

from loadtests.objectives import ClientStats, ObjectivesError, read_objectives, violations

SHIPPED = Path(__file__).parents[2] / "loadtests" / "objectives.toml"
OBJECTIVES = {"default": {"p95_ms": 50.0, "error_ratio": 0.01}, "nano": {"p95_ms": 5.0}}


def test_shipped_objectives_bound_every_field() -> None:
    assert set(read_objectives(SHIPPED)["default"]) == {"p95_ms", "p99_ms", "error_ratio"}


def test_values_at_their_bounds_are_met() -> None:
    stats = ClientStats(requests=1000, failures=10, p95_ms=50.0, p99_ms=400.0)
    assert list(violations(OBJECTIVES, {"fp32": stats})) == []


def test_missed_objectives_are_named() -> None:
    slow = ClientStats(requests=100, failures=0, p95_ms=6.0, p99_ms=7.0)
    failing = ClientStats(requests=100, failures=2, p95_ms=1.0, p99_ms=1.0)
    assert list(violations(OBJECTIVES, {"nano": slow, "fp32": failing})) == [
        "fp32: error_ratio is 0.02, the objective is 0.01",
        "nano: p95_ms is 6, the objective is 5",
    ]


def test_run_without_requests_fails() -> None:
    assert list(violations(OBJECTIVES, {})) == ["no request was answered"]
    idle = ClientStats(requests=0, failures=0, p95_ms=0.0, p99_ms=0.0)
    assert list(violations(OBJECTIVES, {"nano": idle})) == ["no request was answered"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[default", "objectives.toml: Expected"),
        ("default = 3", "default must be a table"),
        ("[nano]\np50_ms = 3", r"nano\.p50_ms: .*p95_ms, p99_ms, error_ratio"),
        ("[nano]\np95_ms = -3", r"nano\.p95_ms: must be a number"),
        ("[nano]\np95_ms = true", r"nano\.p95_ms: must be a number"),
    ],
)
def test_wrong_field_is_named(content: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "objectives.toml"
    path.write_text(content)
    with pytest.raises(ObjectivesError, match=problem):
        read_objectives(path)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ObjectivesError, match=r"none\.toml"):
        read_objectives(tmp_path / "none.toml")

"""The throughput benchmark's medians and ratios, from made reports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.harness.wrk import WrkReport
from benchmarks.throughput import (
    BENTOML,
    CLASSIFIER,
    SERVERS,
    SERVICE,
    STARLETTE,
    cells,
    hide_modules,
    require_equal_results,
    require_success,
    server_commands,
    summarize,
)


def report(rate: int, p99_ms: int, *, status_errors: int = 0, socket_errors: int = 0) -> WrkReport:
    return WrkReport(rate * 2, 2_000_000, 500, p99_ms * 1000, status_errors, socket_errors)


def test_figures_are_medians_and_ratios_to_two_peers() -> None:
    found = summarize(
        {
            SERVICE: [report(2200, 9), report(2000, 10), report(100, 90)],
            STARLETTE: [report(1000, 20)],
            BENTOML: [report(500, 100)],
        }
    )
    assert found[SERVICE] == {
        "requests_per_s": 2000,
        "p50_ms": 0.5,
        "p99_ms": 10,
        "rate_beside_starlette": 2,
        "rate_beside_bentoml": 4,
        "p99_beside_starlette": 0.5,
    }
    assert cells(found[SERVICE]) == ["2,000", "2.00", "4.00", "0.50 ms", "10.00 ms", "0.50"]
    assert found[STARLETTE]["rate_beside_starlette"] == 1


def test_failed_requests_end_the_benchmark() -> None:
    require_success(STARLETTE, report(1, 1, socket_errors=1))
    with pytest.raises(SystemExit):
        require_success(SERVICE, report(1, 1, socket_errors=1))
    with pytest.raises(SystemExit):
        require_success(STARLETTE, report(1, 1, status_errors=1))


def test_servers_must_classify_alike() -> None:
    one, other = ({"results": [{"labels": [label]}]} for label in ("joy", "fear"))
    require_equal_results(
        {"a": json.dumps(one).encode(), "b": json.dumps(one | {"request_id": "x"}).encode()}
    )
    with pytest.raises(SystemExit, match="disagree"):
        require_equal_results({"a": json.dumps(one).encode(), "b": json.dumps(other).encode()})


def test_every_server_is_described_and_has_a_command() -> None:
    assert server_commands("python").keys() == SERVERS.keys()
    assert server_commands("python")[CLASSIFIER][0] == "python"


def test_hidden_modules_cannot_be_imported(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import uvloop"],
        env={"PYTHONPATH": str(hide_modules(tmp_path))},
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert found.returncode == 1

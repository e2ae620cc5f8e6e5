"""A short load test of a real service, from the command line."""

import argparse
import csv
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loadtests.__main__ import ROOT, locust_command

USERS = 13


def test_options_of_locust_come_last(tmp_path: Path) -> None:
    options = argparse.Namespace(users=5, seconds=10, out=tmp_path)
    command = locust_command("http://service/", options, ["--rate", "2"])
    assert command[-2:] == ["--rate", "2"]
    assert command[command.index("--host") + 1] == "http://service/"
    assert command[command.index("--run-time") + 1] == "10s"


def test_either_host_or_serve_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadtests"], cwd=ROOT, stderr=subprocess.PIPE, check=False
    )
    assert done.returncode == 2
    assert b"--serve" in done.stderr


def test_an_address_without_a_service_is_reported_before_the_run(tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound, but it does not listen
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "loadtests", "--host", address, "--out", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"loadtests: http://{address}/readyz does not answer: ")
    assert "Traceback" not in done.stderr


def test_run_writes_its_report_and_keeps_generous_objectives(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    objectives = tmp_path / "objectives.toml"
    objectives.write_text("[default]\np99_ms = 60000\nerror_ratio = 0\n")
    out = tmp_path / "load"
    with serve() as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "loadtests", "--host", f"{server.url}/"),
                *("--users", str(USERS), "--seconds", "3", "--out", str(out)),
                *("--objectives", str(objectives)),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    with (out / "summary.csv").open(newline="") as file:
        found = {row["variant"]: row for row in csv.DictReader(file)}
    assert {"fp32", "int8-dynamic", "int8-static"} >= set(found)
    requests = sum(int(row["requests"]) for row in found.values())
    served = sum(float(row["served"]) for row in found.values())
    # The end of the run cuts off at most one request a user, which the server still counts.
    assert 0 < requests <= served <= requests + USERS
    assert (out / "latency.png").exists()
    assert (out / "report.html").exists()

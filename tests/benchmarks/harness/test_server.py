"""Server processes start on a free port and stop; a small HTTP server replaces the service."""

import os
import sys
from pathlib import Path

import httpx
import pytest

from benchmarks.harness.server import ServerStartError, responds, run_server

PRINT_ENVIRONMENT = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
COMMAND = [sys.executable, "-c", PRINT_ENVIRONMENT, "{port}"]


def test_server_has_a_port_and_folders_of_its_own_and_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEMOOD_METRICS_FOLDER", "/parent")
    with run_server(COMMAND, tmp_path / "new", environment={"OWN": "1"}) as server:
        found = httpx.get(server.url).json()
        assert server.url == f"http://127.0.0.1:{found['PORT']}"
        assert found["OWN"] == "1"
        assert found["EMOTION_STATE"] == str(tmp_path / "new" / "state")
        assert found["BENTOML_HOME"] == str(tmp_path / "new" / "bentoml")
        assert "EDGEMOOD_METRICS_FOLDER" not in found
        assert server.log.is_file()
    assert server.process.returncode is not None
    assert not responds(server.url)


def test_the_callers_environment_takes_precedence(tmp_path: Path) -> None:
    own = {"EMOTION_STATE": "/elsewhere", "EDGEMOOD_METRICS_FOLDER": "/own"}
    with run_server(COMMAND, tmp_path, environment=own) as server:
        assert own.items() <= httpx.get(server.url).json().items()


def test_server_runs_on_the_given_core(tmp_path: Path) -> None:
    core = max(os.sched_getaffinity(0))
    with run_server(COMMAND, tmp_path, core=core) as server:
        assert os.sched_getaffinity(server.process.pid) == {core}


def test_server_that_ends_is_reported_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no model here')"]
    with pytest.raises(ServerStartError, match="no model here"), run_server(command, tmp_path):
        pass


def test_is_ready_decides_when_the_block_begins(tmp_path: Path) -> None:
    calls: list[str] = []

    def third_time(url: str) -> bool:
        calls.append(url)
        return len(calls) == 3

    with run_server(COMMAND, tmp_path, is_ready=third_time, poll_s=0.01) as server:
        assert calls == [server.url] * 3

"""The script that wrk runs, and the parsing of what it prints."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.harness.wrk import WrkError, WrkReport, lua_script, parse_report, run_wrk

OUTPUT = """Running 5s test @ http://127.0.0.1:1/classify
  1 threads and 16 connections

JSON%s
Requests/sec:   2197.69
"""


def test_report_is_parsed() -> None:
    figures = {"requests": 10989, "duration_us": 5_000_249, "p50_us": 7048, "p99_us": 10_038}
    errors = {"status_errors": 1, "socket_errors": 2}
    report = parse_report(OUTPUT % json.dumps(figures | errors))
    assert report == WrkReport(10989, 5_000_249, 7048, 10_038, 1, 2)
    assert report.requests_per_s == pytest.approx(2197.69, abs=0.01)
    assert report.errors == 3


def test_output_without_a_report_is_an_error() -> None:
    with pytest.raises(WrkError, match="unable to connect"):
        parse_report("unable to connect to 127.0.0.1:1\n")


def test_one_body_is_a_constant_and_several_rotate() -> None:
    assert 'wrk.body = [==[{"text": "it\'s"}]==]' in lua_script(['{"text": "it\'s"}'])
    script = lua_script(["{}", "[]"])
    assert "local bodies = {[==[{}]==], [==[[]]==]}" in script
    assert "i % #bodies + 1" in script


@pytest.fixture
def received() -> list[bytes]:
    return []


@pytest.fixture
def url(received: list[bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if received[-1] == b'{"n": 1}' else 422)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs the program wrk")
def test_wrk_sends_the_bodies_in_rotation(url: str, received: list[bytes]) -> None:
    core = max(os.sched_getaffinity(0))
    report = run_wrk(url, ['{"n": 1}', '{"n": 2}'], connections=1, seconds=0.1, core=core)
    assert set(received[:2]) == {b'{"n": 1}', b'{"n": 2}'}
    assert received[2:6] == received[:2] * 2
    assert 0 < report.requests <= len(received)
    assert report.status_errors == pytest.approx(report.requests / 2, abs=1)
    assert 0 < report.p50_us <= report.p99_us

"""Real processes that are killed, stopped or told to end: which listen, answer and remain."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.processes import has_ended
from tests.system.caller import Caller, wait_for
from tests.system.calls import TOKEN, metrics_of, samples

Serve = Callable[..., Any]
OUTAGE_S = 5.0
"""No call may take longer while a worker is being replaced; long enough for a slow machine."""


def children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in found.split()]


def listening(pids: list[int]) -> set[str]:
    """The addresses of the sockets, TCP or UDP, on which processes listen."""
    inodes = set()
    for pid in pids:
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile
                if found := re.fullmatch(r"socket:\[(\d+)\]", str(path.readlink())):
                    inodes.add(found[1])
    addresses = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            is_open = table.startswith("udp") or fields[3] == "0A"
            if is_open and fields[9] in inodes:
                addresses.add(f"{table} {int(fields[1].rpartition(':')[2], 16)}")
    return addresses


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGKILL, "killed"), (signal.SIGSTOP, "stopped")]
)
def test_a_worker_is_replaced_while_the_others_answer(
    number: signal.Signals, reason: str, serve: Serve
) -> None:
    with serve(EMOTION_WORKERS="2") as server:
        victim, other = children(server.process.pid)
        caller = Caller(server.url)
        with caller.calling():
            time.sleep(0.3)
            os.kill(victim, number)
            wait_for(lambda: has_ended(victim), seconds=OUTAGE_S)
            wait_for(lambda: _replaced(server.url, reason) == 1)
            time.sleep(0.3)
        assert caller.statuses == {200}
        assert caller.lost <= 1
        assert caller.longest_s < OUTAGE_S
        (new,) = set(children(server.process.pid)) - {other}
        wait_for(lambda: f'{{pid="{victim}"}}' not in _pids(server.url))
        assert f"worker {victim} {reason}; starting another" in server.log.read_text()
        assert new != victim


def test_workers_end_with_a_parent_that_is_killed(serve: Serve) -> None:
    with serve(EMOTION_WORKERS="2") as server:
        workers = children(server.process.pid)
        server.process.kill()
        server.process.wait()
        wait_for(lambda: all(map(has_ended, workers)), seconds=OUTAGE_S)
        with socket.socket() as probe:  # the port is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", urlsplit(server.url).port))


@pytest.mark.parametrize("workers", [1, 2])
def test_one_socket_listens(workers: int, serve: Serve) -> None:
    with serve(EMOTION_WORKERS=str(workers)) as server:
        parent = server.process.pid
        found = listening([parent, *children(parent)])
        assert found == {f"tcp {urlsplit(server.url).port}"}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_that_hangs_does_not_keep_the_service(
    number: signal.Signals, workers: int, serve: Serve
) -> None:
    with serve(EMOTION_WORKERS=str(workers), EMOTION_DRAIN="1") as server:
        pids = children(server.process.pid)
        address = ("127.0.0.1", urlsplit(server.url).port)
        with socket.create_connection(address) as half_sent:
            half_sent.sendall(
                b"POST /classify HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b'Content-Length: 100\r\n\r\n{"text":'
            )
            time.sleep(0.2)
            server.process.send_signal(number)
            assert server.process.wait(timeout=20) == 0
        assert all(map(has_ended, pids))


def test_another_user_reaches_nothing_but_the_socket(serve: Serve, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with serve(EMOTION_WORKERS="2") as server:
        parent = server.process.pid
        assert httpx.get(f"{server.url}/livez").status_code == 200
        for pid in (parent, *children(parent)):
            for name in ("environ", "mem", "fd"):
                found = _as_nobody("cat" if name != "fd" else "ls", f"/proc/{pid}/{name}")
                assert found.returncode != 0, name
            assert TOKEN not in Path(f"/proc/{pid}/cmdline").read_text()
        home = tmp_path / "bentoml"
        assert home.stat().st_mode & 0o077 == 0
        assert _as_nobody("ls", str(home)).returncode != 0
        change = {"split": {"fp32": 1}, "reference": "fp32"}
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert httpx.put(f"{server.url}/routing", json=change, headers=bearer).status_code == 200
        state = tmp_path / "state"
        assert (state / "routing.json").exists()
        locks = list(state.glob("*.lock"))
        assert locks
        for path in (state, *locks):  # a user who can read a lock can hold it
            assert path.stat().st_mode & 0o077 == 0, path


def _as_nobody(*command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command],
        capture_output=True,
        check=False,
    )


def _pids(url: str) -> set[str]:
    return set(samples(metrics_of(url), "emotion_process_resident_bytes"))


def _replaced(url: str, reason: str) -> float:
    try:
        found = samples(metrics_of(url), "emotion_workers_replaced_total")
    except httpx.TransportError:
        return 0.0
    return found.get(f'{{reason="{reason}"}}', 0.0)

"""Every attack reaches its target, and ends in time."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.attacks.confinement import Confinement, confined
from benchmarks.attacks.connections import Target, heaviest_body, post
from benchmarks.attacks.kinds import ATTACKS

SLOW_TO_BUILD = {"silent-connections", "dripping-headers", "unread-responses", "half-sent-bodies"}


@pytest.fixture
def sink() -> Iterator[tuple[Target, list[int]]]:
    """A server that accepts, reads a little and closes, with the bytes it got by connection."""
    received: list[int] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)

        def run() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(0.05)
                    try:
                        received.append(len(client.recv(1 << 16)))
                    except OSError:
                        received.append(0)

        threading.Thread(target=run, daemon=True).start()
        yield Target("127.0.0.1", listener.getsockname()[1]), received
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", sorted(set(ATTACKS) - SLOW_TO_BUILD))
def test_attack(name: str, sink: tuple[Target, list[int]]) -> None:
    target, received = sink
    start = time.monotonic()
    ATTACKS[name](target, start + 0.2)
    assert time.monotonic() - start < 20
    assert any(received)


def test_the_heaviest_body_is_legal() -> None:
    body = heaviest_body()
    texts = json.loads(body)["texts"]
    assert 1024 * 1024 - 20_000 < len(body) <= 1024 * 1024
    assert len(texts) <= 256
    assert {len(text) for text in texts} == {10_000}


def test_a_request_can_lie_about_its_length() -> None:
    assert b"Content-Length: 2\r\n" in post("/a", b"{}")
    assert b"Content-Length: 3\r\n" in post("/a", b"{}", length=3)


def test_a_confined_process_cannot_take_more_memory(tmp_path: Path) -> None:
    with confined(64 * 1024 * 1024) as confinement:
        assert _takes(confinement, 10) == 0
        assert _takes(confinement, 200) != 0


def _takes(confinement: Confinement, mebibytes: int) -> int:
    code = f"x = b'x' * ({mebibytes} << 20)"
    command = confinement.wrap([sys.executable, "-c", code])
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode

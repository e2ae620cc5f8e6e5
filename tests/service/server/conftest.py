"""A bounded server in a thread, with an application that reports what reached it."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from service.http.asgi_types import AsgiApp, Message, Receive, Scope, Send
from service.limits import Limits
from service.server.bounded_server import BoundedServer


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the request as JSON.

    `/slow` takes .2 s, `/big` answers with 1 MB, `/early` answers before it has read the body.
    """
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    body = b"" if scope["path"] == "/early" else await _read(receive)
    if body is None:
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(0.2)
    headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
    found = {
        "method": scope["method"],
        "path": scope["path"],
        "headers": headers,
        "body": body.decode("latin-1"),
    }
    content = b" " * 1_000_000 if scope["path"] == "/big" else json.dumps(found).encode()
    length = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": content})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def _read(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if not message.get("more_body"):
            return body


class RunningServer:
    """A server on a port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port))
        client.settimeout(5)
        return client

    def exchange(self, *parts: bytes) -> list[tuple[int, Any]]:
        """Send bytes; status and JSON of every response until the server closes.

        The end of what the client sends must make the server close: `Connection: close` or an
        error.
        """
        with self.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in parts:
                client.sendall(part)
                time.sleep(0.001 if len(parts) > 1 else 0)
            return responses(receive_all(client))


def receive_all(client: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    found = b""
    while True:
        try:
            data = client.recv(1 << 16)
        except ConnectionResetError:
            return found
        if not data:
            return found
        found += data


def responses(stream: bytes) -> list[tuple[int, Any]]:
    """Status and JSON body of each response in a stream; all have a Content-Length."""
    found = []
    while stream:
        head, _, stream = stream.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status == 100:
            continue
        lines = head.decode("latin-1").lower().split("\r\n")
        (length,) = [int(line[15:]) for line in lines if line.startswith("content-length:")]
        body, stream = stream[:length], stream[length:]
        found.append((status, json.loads(body) if body.strip() else None))
    return found


@contextmanager
def running(
    app: AsgiApp, limits: Limits, **callbacks: Callable[[], None]
) -> Iterator[RunningServer]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        server = BoundedServer(app, limits, **callbacks)
        thread = threading.Thread(target=server.run_on, args=(listener,))
        port = listener.getsockname()[1]
        thread.start()
        try:
            yield RunningServer(port)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive()


Serve = Callable[..., RunningServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers with limits of the test, which end with the test."""
    with ExitStack() as stack:

        def start(*, app: AsgiApp = echo, **limits: float) -> RunningServer:
            return stack.enter_context(running(app, Limits(drain_s=1, **limits)))

        yield start


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A server with the default limits, shared by the tests of a module."""
    with running(echo, Limits()) as one:
        yield one

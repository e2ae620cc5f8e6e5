"""Closed-loop clients against a small server."""

import asyncio
import json
import threading
from collections.abc import Iterator

import pytest

from benchmarks.harness.closed_loop import parse_response, run_clients
from benchmarks.harness.workload import TEXT

REFUSAL = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}"
SUCCESS = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull"


def test_response_is_parsed_once_complete() -> None:
    assert parse_response(SUCCESS) == (200, False)
    assert parse_response(REFUSAL) == (429, True)
    assert parse_response(SUCCESS[:-1]) is None
    assert parse_response(SUCCESS[:20]) is None


@pytest.fixture
def url() -> Iterator[str]:
    """A server that accepts the first request of a connection and refuses all others."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        response = SUCCESS
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            assert json.loads(await reader.readexactly(length)) == {"text": TEXT}
            writer.write(response[:10])
            await writer.drain()
            writer.write(response[10:])
            response = REFUSAL

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # a client that closes ends `serve`
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


def test_every_response_is_recorded(url: str) -> None:
    responses = run_clients(url, clients=3, seconds=0.1)
    accepted = [response for response in responses if response.status == 200]
    refused = [response for response in responses if response.status == 429]
    assert len(accepted) == 3
    assert len(refused) == len(responses) - 3 > 0
    assert not any(response.has_retry_after for response in accepted)
    assert all(response.has_retry_after for response in refused)
    assert all(response.latency_s > 0 for response in responses)
    assert responses == sorted(responses)

"""A running server at its limits, over HTTP: others are answered, and gone clients cost nothing."""

import http.client
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

TOKEN = "correct horse battery staple"
MIB = 1024 * 1024
HEAVIEST = json.dumps({"texts": [".,;:" * 2500] * 104}, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def server(
    run_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("overload")
    settings = {
        "EMOTION_WORKERS": "1",
        "EMOTION_ADMIN_TOKEN": TOKEN,
        "EMOTION_LARGE_SLOTS": "2",
        "EMOTION_MAX_BODY_BYTES_IN_FLIGHT": str(4 * MIB),
        "EMOTION_BODY_STALL": "1",
        "EMOTION_WRONG_TOKEN_DELAY": "0.2",
        "EMOTION_MAX_DELAYED_TOKENS": "1",
    }
    with run_server(folder, **settings) as running:
        yield running


def begin(url: str, body: bytes, length: int) -> socket.socket:
    """A connection that has sent a request's head and a part of its body."""
    address = urlsplit(url)
    client = socket.create_connection((address.hostname, address.port), timeout=20)
    head = (
        "POST /classify HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )
    client.sendall(head.encode() + body)
    return client


def response(client: socket.socket) -> tuple[int, str, bool]:
    """Status, code of the error, and whether the connection ends."""
    with http.client.HTTPResponse(client) as found:
        found.begin()
        code = json.loads(found.read())["error"]["code"]
        return found.status, code, found.headers["connection"] == "close"


def small(url: str) -> int:
    return httpx.post(f"{url}/classify", json={"text": "happy"}, timeout=20).status_code


def texts(url: str) -> float:
    """Texts that were classified since the start."""
    page = httpx.get(f"{url}/metrics", timeout=20).text
    return sum(map(float, re.findall(r"^emotion_texts_total\{.*\} (\S+)$", page, re.MULTILINE)))


def test_bodies_that_were_only_begun_keep_nobody_out(server: Any) -> None:
    half_sent = [begin(server.url, b"x", MIB) for _ in range(40)]
    assert small(server.url) == 200  # by now the worker has read what came before
    large = {"texts": ["happy " * 1600] * 10}
    assert httpx.post(f"{server.url}/classify", json=large, timeout=20).status_code == 200
    assert [response(client) for client in half_sent] == [(408, "request_timeout", True)] * 40
    for client in half_sent:
        client.close()


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server: Any) -> None:
    client = begin(server.url, b"", MIB + 1)
    assert response(client) == (413, "body_too_large", True)
    client.close()
    whole = httpx.post(f"{server.url}/classify", content=b"x" * 3 * MIB, timeout=20)
    assert (whole.status_code, whole.headers["connection"]) == (413, "close")


def test_the_work_of_clients_that_are_gone_ends(server: Any) -> None:
    before = texts(server.url)
    for client in [begin(server.url, HEAVIEST, len(HEAVIEST)) for _ in range(3)]:
        time.sleep(0.1)
        client.close()
    large = {"texts": ["happy " * 1600] * 10}  # heavy as well, so it waits for those before it
    assert httpx.post(f"{server.url}/classify", json=large, timeout=60).status_code == 200
    assert texts(server.url) == before + 10


def test_small_requests_are_answered_while_large_ones_run(server: Any) -> None:
    clients = [begin(server.url, HEAVIEST, len(HEAVIEST)) for _ in range(3)]
    assert [small(server.url) for _ in range(20)] == [200] * 20
    for path in ("/livez", "/variants", "/metrics", "/docs.json"):
        assert httpx.get(f"{server.url}{path}", timeout=20).status_code == 200
    light = {"text": "happy " * 1000}  # large, and leaves a slot to others
    assert httpx.post(f"{server.url}/classify", json=light, timeout=20).status_code == 200
    for client in clients:
        client.close()


def test_wrong_tokens_wait_and_the_right_one_does_not(server: Any) -> None:
    def load(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.post(f"{server.url}/variants/fp32/load", headers=headers).status_code

    began = time.monotonic()
    assert load("wrong") == 401
    assert time.monotonic() - began >= 0.2
    assert load(TOKEN) == 200

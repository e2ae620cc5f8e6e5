"""Shapes of requests on which two servers could disagree, and what each must come to."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.server.conftest import RunningServer

SECOND = b"GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
HELLO = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def test_the_body_of_an_upgrade_request_is_its_body(server: RunningServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n"
    head += b"HTTP2-Settings: AAA\r\nContent-Length: %d\r\n\r\n" % len(SECOND)
    ((status, found),) = server.exchange(head, SECOND)
    assert (status, found["body"].encode()) == (200, SECOND)
    assert "upgrade" not in dict(found["headers"])


def test_a_websocket_is_not_opened(server: RunningServer) -> None:
    request = b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
    request += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n"
    ((status, found),) = server.exchange(request)
    assert (status, found["method"], found["path"]) == (200, "GET", "/a")


def test_requests_after_an_upgrade_request_are_answered(server: RunningServer) -> None:
    upgrade = b"GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    found = server.exchange(upgrade + SECOND)
    assert [(status, one["path"]) for status, one in found] == [(200, "/first"), (200, "/second")]


def test_trailers_are_dropped(server: RunningServer) -> None:
    request = HELLO + b"X-Variant: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    request += b"5\r\nhello\r\n0\r\nX-Variant: b\r\nAuthorization: Bearer x\r\n\r\n"
    ((status, found),) = server.exchange(request)
    assert (status, found["body"]) == (200, "hello")
    assert [field for field in found["headers"] if field[0] == "x-variant"] == [["x-variant", "a"]]
    assert "authorization" not in dict(found["headers"])


MALFORMED = {
    "length and chunked": HELLO
    + b"Content-Length: 5\r\n"
    + CHUNKED
    + b"\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunked and length": HELLO + CHUNKED + b"Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "two equal lengths": HELLO + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths": HELLO + b"Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello",
    "lengths in one field": HELLO + b"Content-Length: 5, 5\r\n\r\nhello",
    "signed length": HELLO + b"Content-Length: +5\r\n\r\nhello",
    "hexadecimal length": HELLO + b"Content-Length: 0x5\r\n\r\nhello",
    "target without a path": b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
    "target without a host": b"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
    "port out of range": b"GET http://a:999999/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "query alone": b"GET ?a=b HTTP/1.1\r\nHost: a\r\n\r\n",
    "upgrade without a path": b"GET http://a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
    b"Upgrade: h2c\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two hosts in HTTP/1.0": b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "another transfer encoding": HELLO + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": HELLO + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "unknown transfer encoding": HELLO + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n\r\n",
    "folded field": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare line feeds in chunks": HELLO + CHUNKED + b"\r\n5\nhello\n0\n\n",
    "bad chunk size": HELLO + CHUNKED + b"\r\n5g\r\nhello\r\n0\r\n\r\n",
    "huge chunk size": HELLO + CHUNKED + b"\r\nfffffffffffffffff\r\nhello\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    "bare CR in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    "byte in the target": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
UNSUPPORTED = {
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "tunnel": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("name", [*MALFORMED, *UNSUPPORTED])
def test_an_ambiguous_or_unsupported_request_is_refused(name: str, server: RunningServer) -> None:
    request = (MALFORMED | UNSUPPORTED)[name]
    ((status, answer),) = server.exchange(request + SECOND)
    expected = (400, "malformed_request") if name in MALFORMED else (505, "unsupported_protocol")
    assert (status, answer["error"]["code"]) == expected
    assert answer["error"]["message"]
    assert len(answer["error"]["request_id"]) == 32


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"GET /a HTTP/1.0\r\n\r\n", {"method": "GET", "path": "/a"}),
        (b"GET http://b/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", {"path": "/a"}),
        (b"GET /a%20b?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", {"path": "/a b"}),
        (HELLO + b"Transfer-Encoding: CHUNKED\r\n\r\n2;x=y\r\nhi\r\n0\r\n\r\n", {"body": "hi"}),
        (HELLO + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", {"body": "hi"}),
        (b"\r\n" + HELLO + b"Content-Length: 2\r\n\r\nhi", {"body": "hi"}),
    ],
)
def test_a_regular_request_is_answered(
    request_bytes: bytes, expected: dict[str, Any], server: RunningServer
) -> None:
    ((status, found),) = server.exchange(request_bytes)
    assert status == 200
    assert {name: found[name] for name in expected} == expected


def test_a_refusal_follows_the_responses_to_earlier_requests(server: RunningServer) -> None:
    first = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
    found = server.exchange(first + first + b"GET / HTTP/1.1\r\n\r\n")
    assert [status for status, _ in found] == [200, 200, 400]


def test_a_bad_target_costs_no_earlier_request(server: RunningServer) -> None:
    slow = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
    found = server.exchange(slow + b"GET http://a:999999/ HTTP/1.1\r\nHost: a\r\n\r\n")
    assert [status for status, _ in found] == [200, 400]


def test_many_upgrade_requests_at_once(server: RunningServer) -> None:
    """The parser stops at each of them; the last one is over a limit."""
    upgrade = b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    *answers, (status, refusal) = server.exchange(upgrade * 200)
    assert {status for status, _ in answers} == {200}
    assert (status, refusal["error"]["code"]) == (400, "pipeline_too_deep")


def test_an_upgrade_request_keeps_its_version(server: RunningServer) -> None:
    upgrade = b"GET /a HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    ((status, found),) = server.exchange(upgrade)
    assert (status, found["path"]) == (200, "/a")


def test_a_body_that_turns_bad_ends_its_request(server: RunningServer) -> None:
    head = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    first = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
    assert [s for s, _ in server.exchange(head + b"2\r\nhi\r\n", b"zz\r\n")] == [400]
    assert [s for s, _ in server.exchange(first + head + b"2\r\nhi\r\nzz\r\n")] == [200, 400]


def test_a_request_follows_a_body_that_nobody_read(server: RunningServer) -> None:
    head = b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    parts = [b"x" * 100_000] * 10
    found = server.exchange(head, *parts, SECOND)
    assert [(status, one["path"]) for status, one in found] == [(200, "/early"), (200, "/second")]


STREAM = (
    b"GET /1?a=b HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 50 + b"\r\n\r\n"
    b"POST /2 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    b"Content-Length: 5\r\n\r\nhello"
    b"POST /3 HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"
    b"GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.integers(1, len(STREAM) - 1), max_size=12, unique=True))
def test_where_the_network_cuts_a_stream_changes_nothing(
    cuts: list[int], server: RunningServer
) -> None:
    ends = [0, *sorted(cuts), len(STREAM)]
    found = server.exchange(*(STREAM[a:b] for a, b in pairwise(ends)))
    assert [status for status, _ in found] == [200] * 4
    assert [one["path"] for _, one in found] == ["/1", "/2", "/3", "/4"]
    assert [one["body"] for _, one in found] == ["", "hello", "abc", ""]
    assert not any(name == "x-t" for _, one in found for name, _ in one["headers"])

"""Cross-origin headers; `tests/system/http_semantics.py` has the responses."""

import asyncio

import pytest

from service.http.asgi_types import Message, Receive, Scope, Send
from service.http.cors import ANY, with_cors


async def app(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", b"GET")]})
    await send({"type": "http.response.body", "body": b""})


def added(origins: list[str], method: str, **headers: str) -> dict[bytes, bytes]:
    """Names of response headers that the wrapper adds, and their values."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/", "headers": raw}
    asyncio.run(with_cors(app, origins)(scope, None, send))  # type: ignore[arg-type]
    return dict(sent[0]["headers"][1:])


def test_without_origins_the_application_is_unchanged() -> None:
    assert with_cors(app, []) is app


def test_any_origin_gets_one_response_that_caches_may_share() -> None:
    headers = added([ANY], "GET", origin="https://a.example")
    assert headers[b"access-control-allow-origin"] == b"*"
    assert b"vary" not in headers
    assert added([ANY], "GET") == {}


@pytest.mark.parametrize("origin", ["https://a.example.evil", "http://a.example", "null", ""])
def test_only_equal_origins_are_allowed(origin: str) -> None:
    assert added(["https://a.example"], "GET", origin=origin) == {b"vary": b"Origin"}


def test_a_preflight_allows_the_methods_of_the_path() -> None:
    headers = added(
        ["https://a.example"],
        "OPTIONS",
        origin="https://a.example",
        access_control_request_method="GET",
    )
    assert headers[b"access-control-allow-methods"] == b"GET"
    assert b"access-control-allow-credentials" not in headers


def test_other_protocols_are_passed_on() -> None:
    seen: list[Scope] = []

    async def lifespan(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope)

    asyncio.run(with_cors(lifespan, [ANY])({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]

"""The middleware over ASGI: bodies, headers, errors and overload, without BentoML."""

import asyncio
import fcntl
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from service.routing.policy_store import PolicyStore
from service.schemas import MAX_BODY_BYTES

TOKEN = "secret token"
JSON = {"content-type": "application/json"}
ADMIN = {"authorization": f"Bearer {TOKEN}", **JSON}
TEXT = "happy 4f1c2a, never to be logged"


def body(**fields: object) -> dict[str, object]:
    return {"content": json.dumps(fields), "headers": JSON}


BAD_REQUESTS = {
    "no JSON": ({"content": "{", "headers": JSON}, 400, "unreadable_json", "not JSON"),
    "empty": ({"content": "", "headers": JSON}, 400, "unreadable_json", "not JSON"),
    "no UTF-8": ({"content": b'{"text": "\xff"}', "headers": JSON}, 400, "unreadable_json", ""),
    "no media type": ({"content": '{"text": "x"}'}, 415, "unsupported_media_type", "Content-Type"),
    "form": ({"data": {"text": "x"}}, 415, "unsupported_media_type", "application/json"),
    "plain text": (
        {"content": "x", "headers": {"content-type": "text/plain"}},
        415,
        "unsupported_media_type",
        "",
    ),
    "compressed": (
        {"content": b"x", "headers": {**JSON, "content-encoding": "gzip"}},
        415,
        "unsupported_media_type",
        "not compressed",
    ),
    "a list": ({"content": "[]", "headers": JSON}, 422, "invalid_field", "body: "),
    "nothing": (body(), 422, "invalid_field", "give either text or texts"),
    "both": (body(text="x", texts=["x"]), 422, "invalid_field", "give either text or texts"),
    "empty text": (body(text=""), 422, "invalid_field", "text: "),
    "long text": (body(text="x" * 10_001), 422, "invalid_field", "text: "),
    "text is a number": (body(text=3), 422, "invalid_field", "text: "),
    "no texts": (body(texts=[]), 422, "invalid_field", "texts: "),
    "many texts": (body(texts=["x"] * 257), 422, "invalid_field", "texts: "),
    "one bad text": (body(texts=["x", ""]), 422, "invalid_field", "texts.1: "),
    "surplus field": (body(text="x", lang="en"), 422, "invalid_field", "lang: "),
    "key is a number": (body(text="x", key=1), 422, "invalid_field", "key: "),
    "empty key": (body(text="x", key=""), 422, "invalid_field", "key: "),
    "long key": (body(text="x", key="k" * 257), 422, "invalid_field", "key: "),
    "long variant": (body(text="x", variant="v" * 65), 422, "invalid_field", "variant: "),
    "empty key header": (
        {"content": '{"text": "x"}', "headers": {**JSON, "x-routing-key": ""}},
        422,
        "invalid_field",
        "x-routing-key: ",
    ),
    "header no UTF-8": (
        {
            "content": '{"text": "x"}',
            "headers": {b"content-type": b"application/json", b"x-routing-key": b"\xff"},
        },
        422,
        "invalid_field",
        "x-routing-key: ",
    ),
    "unknown variant": (
        body(text="x", variant="nope"),
        404,
        "unknown_variant",
        "there are: broken, fp32, int8-dynamic, int8-static",
    ),
    "variant that is down": (body(text="x", variant="broken"), 503, "unavailable", "broken"),
    "large body": (
        {"content": b'"' + b"x" * MAX_BODY_BYTES, "headers": JSON},
        413,
        "body_too_large",
        "1,048,576",
    ),
}


@pytest.mark.parametrize(
    ("options", "status", "code", "message"), BAD_REQUESTS.values(), ids=BAD_REQUESTS
)
def test_bad_requests(
    call: Callable[..., httpx.Response],
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
    status: int,
    code: str,
    message: str,
    assert_error: Callable[..., None],
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert_error(call("POST", "/classify", **options), status, code, message)
    assert [record for record in caplog.records if record.name.startswith("service")] == []


def test_messages_do_not_quote_what_was_sent(call: Callable[..., httpx.Response]) -> None:
    for options in (
        body(text=["4f1c2a"]),
        body(texts="4f1c2a"),
        body(text="x", variant="4f1c2a"),
        {"content": '{"text": "4f1c2a', "headers": JSON},
    ):
        assert "4f1c2a" not in call("POST", "/classify", **options).text


def test_the_metrics_are_those_of_the_worker(call: Callable[..., httpx.Response]) -> None:
    call("POST", "/classify", **body(text="happy", variant="fp32"))
    page = call("GET", "/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert 'emotion_variant_up{variant="fp32"} 1.0' in page.text
    assert "bentoml" not in page.text


def test_probes_follow_the_variants(
    call: Callable[..., httpx.Response], setup: Any, assert_error: Callable[..., None]
) -> None:
    for path in ("/livez", "/readyz", "/healthz"):
        assert (call("GET", path).status_code, call("HEAD", path).status_code) == (200, 200)
    setup.repository._variants = {}
    assert call("GET", "/livez").status_code == 200
    for path in ("/readyz", "/healthz"):
        assert_error(call("GET", path), 503, "unavailable", "not ready")


def test_other_protocols_than_http_are_closed(setup: Any) -> None:
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(setup.middleware({"type": "websocket", "path": "/classify"}, None, send))
    assert sent == [{"type": "websocket.close"}]


def test_writing_a_policy_does_not_block_classification(setup: Any, tmp_path: Path) -> None:

    policy = {"split": {"fp32": 1}, "reference": "fp32"}
    (tmp_path / "state").mkdir()

    async def go() -> None:
        with (tmp_path / "state" / ".routing.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            async with setup.client() as client, anyio.create_task_group() as tasks:

                async def put() -> None:
                    response = await client.put("/routing", json=policy, headers=ADMIN)
                    assert response.status_code == 200

                tasks.start_soon(put)
                await anyio.sleep(0.05)
                assert (await client.post("/classify", json={"text": "x"})).status_code == 200
                fcntl.flock(lock, fcntl.LOCK_UN)

    anyio.run(go)


def test_a_large_body_is_classified(call: Callable[..., httpx.Response]) -> None:
    response = call("POST", "/classify", json={"texts": ["happy " * 1600] * 100})
    assert response.status_code == 200
    assert len(response.json()["results"]) == 100


def test_other_headers_may_hold_any_bytes(call: Callable[..., httpx.Response]) -> None:
    headers = {b"content-type": b"application/json", b"user-agent": b"caf\xe9"}
    assert call("POST", "/classify", content='{"text": "x"}', headers=headers).status_code == 200


def test_an_internal_error_is_counted_and_reveals_nothing(
    call: Callable[..., httpx.Response],
    setup: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    assert_error: Callable[..., None],
    count: Callable[..., float],
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError(TEXT)

    monkeypatch.setattr(PolicyStore, "in_force", property(fail))
    labels = {"variant": "none", "assignment": "none", "outcome": "server_error"}
    before = count("REQUESTS", **labels)
    assert_error(call("POST", "/classify", json={"text": TEXT}), 500, "internal")
    assert count("REQUESTS", **labels) == before + 1
    assert "RuntimeError at" in caplog.text
    assert "4f1c2a" not in caplog.text


def test_unsafe_request_ids_are_replaced(call: Callable[..., httpx.Response]) -> None:
    for bad in ("", "x" * 129, "a b", "a\tb"):
        response = call("POST", "/classify", json={"text": "x"}, headers={"x-request-id": bad})
        assert len(response.headers["x-request-id"]) == 32


def test_unknown_routes_and_methods(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    for path in ("/static", "/nope", "/variants/", "/classify/", "/variants/a/b/c"):
        response = call("GET", path)
        assert response.status_code == 404, path
    assert_error(call("GET", "/nope"), 404, "not_found")
    response = call("GET", "/classify")
    assert_error(response, 405, "method_not_allowed", "POST")
    assert response.headers["allow"] == "POST, OPTIONS"
    assert call("DELETE", "/routing").headers["allow"] == "GET, PUT, HEAD, OPTIONS"
    assert_error(call("POST", "/metrics"), 405, "method_not_allowed", "GET")

"""The Python clients: the asynchronous one over ASGI, the synchronous one over real HTTP."""

import asyncio
import inspect
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.client import ApiError, AsyncClient, Client
from service.routing.policy import PolicyChange, ShadowSettings

TOKEN = "correct horse battery staple"
API_TOKEN = "secret token"


def with_client(setup: Any, use: Callable[[AsyncClient], Awaitable[Any]], token: str | None) -> Any:
    async def go() -> Any:
        transport = httpx.ASGITransport(app=setup.middleware)
        async with AsyncClient("http://test", admin_token=token, transport=transport) as client:
            return await use(client)

    return asyncio.run(go())


def test_every_call(setup: Any) -> None:
    async def use(client: AsyncClient) -> None:
        one = await client.classify("happy", key="user-1")
        assert (one.variant, one.assignment) == ("fp32", "split")
        many = await client.classify(("sad", "happy"), variant="int8-static")
        assert [r.labels for r in many.results] == [["sadness"], ["joy"]]
        assert (await client.feedback(one.receipt, ["joy"])).texts == 1
        assert (await client.feedback(many.receipt, [["joy"], []])).variant == "int8-static"
        assert len((await client.compare("happy")).results) == 3
        assert (await client.variants())[0].name == "broken"
        assert (await client.unload("int8-static")).state == "unloaded"
        assert (await client.load("int8-static")).state == "loaded"
        assert (await client.variant("fp32")).state == "loaded"
        before = await client.routing()
        shadow = ShadowSettings(variant="fp32", fraction=0.5)
        change = PolicyChange(split={"int8-static": 1}, reference="fp32", shadow=shadow)
        after = await client.set_routing(change, expected=before.version)
        assert (after.version, after.shadow) == (before.version + 1, shadow)
        # A policy that was read may be written back, changed.
        again = await client.set_routing(after.model_copy(update={"shadow": None}))
        assert (again.version, again.shadow) == (after.version + 1, None)

    with_client(setup, use, API_TOKEN)


def test_a_refusal_is_raised(setup: Any) -> None:
    async def use(client: AsyncClient) -> None:
        with pytest.raises(ApiError, match="404 unknown_variant: no variant of that name") as found:
            await client.classify("happy", variant="nope")
        assert (found.value.status, len(found.value.request_id)) == (404, 32)
        with pytest.raises(ApiError, match="404"):
            await client.variant("../routing")
        change = PolicyChange(split={"fp32": 1}, reference="fp32")
        with pytest.raises(ApiError) as found:
            await client.set_routing(change)
        assert found.value.code == "unauthorized"
        setup.middleware.dispatcher._small_in_flight = 2
        with pytest.raises(ApiError) as found:
            await client.classify("happy")
        assert (found.value.code, found.value.retry_after_s) == ("overloaded", 1.0)

    with_client(setup, use, None)


def test_the_response_of_a_gateway_is_an_error_without_a_code() -> None:
    gateway = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>bad gateway"))
    with (
        Client("http://test", transport=gateway) as client,
        pytest.raises(ApiError, match="502 unknown: Bad Gateway"),
    ):
        client.classify("happy")


def answering(response: httpx.Response, url: str = "http://test") -> Client:
    return Client(url, transport=httpx.MockTransport(lambda _: response))


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(200, html="<p>log in"), "200 unknown: the response is not one .*text/html"),
        (httpx.Response(200, json={"ok": True}), "200 unknown: the response is not one"),
        (httpx.Response(204), "204 unknown: the response is not one .*no media type"),
        (httpx.Response(500, json={"error": "x"}), "500 unknown: Internal Server Error"),
        (
            httpx.Response(308, headers={"location": "https://test/classify"}),
            "308 unknown: redirected to https://test/classify",
        ),
    ],
)
def test_the_response_of_another_server_is_an_error(response: httpx.Response, message: str) -> None:
    with answering(response) as client, pytest.raises(ApiError, match=message):
        client.classify("happy")


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_timeout_has_a_type_of_its_own(error: type[httpx.TimeoutException]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("slow", request=request)

    with (
        Client("http://test", transport=httpx.MockTransport(fail)) as client,
        pytest.raises(httpx.TimeoutException) as caught,
    ):
        client.classify("happy")
    assert isinstance(caught.value, httpx.TransportError)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://test", "http://test/classify"),
        ("http://test/", "http://test/classify"),
        ("HTTP://test:8000/emotion", "http://test:8000/emotion/classify"),
        ("https://test/a/b/", "https://test/a/b/classify"),
    ],
)
def test_the_address_may_have_a_prefix(url: str, sent: str) -> None:
    seen = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(503)

    with Client(url, transport=httpx.MockTransport(refuse)) as client, pytest.raises(ApiError):
        client.classify("happy")
    assert seen == [sent]


@pytest.mark.parametrize("url", ["localhost:3000", "", "/emotion", "ftp://test"])
def test_an_address_without_a_scheme_is_refused(url: str) -> None:
    for client in (Client, AsyncClient):
        with pytest.raises(ValueError, match="base_url: must begin with http://"):
            client(url)


def test_a_token_must_fit_into_a_header() -> None:
    for token in ("grüße", "a\nb"):
        with pytest.raises(ValueError, match="admin_token: must be printable ASCII"):
            Client(admin_token=token)
    assert Client(admin_token="token\n")._http.headers["authorization"] == "Bearer token"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_must_not_lead_to_another_path(name: str) -> None:
    with answering(httpx.Response(200)) as client, pytest.raises(ValueError, match="name: must"):
        client.load(name)


def test_text_may_have_lone_surrogates(setup: Any) -> None:
    async def use(client: AsyncClient) -> None:
        for texts in ("happy \ud83d", ["fine", "\ud83d\ude00 happy \ude00"]):
            answer = await client.classify(texts, key="user \ud83d")
            assert answer.results[-1].labels == ["joy"]

    with_client(setup, use, None)


def test_over_real_http(serve: Callable[..., Any]) -> None:
    with serve() as server, Client(server.url, admin_token=TOKEN) as client:
        response = client.classify("happy")
        assert response.results[0].labels == ["joy"]
        assert client.feedback(response.receipt, ["joy"]).variant == "fp32"
        change = PolicyChange(split={"int8-static": 1}, reference="fp32")
        version = client.set_routing(change, expected=client.routing().version).version
        with pytest.raises(ApiError, match="409 stale_policy"):
            client.set_routing(change, expected=version - 1)
        assert client.classify("happy").variant == "int8-static"


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], str, str, Any]] = [
    ("classify", ("x",), {}, "POST", "/classify", {"text": "x"}),
    (
        *("classify", (("x", "y"),), {"variant": "a", "key": "k"}, "POST", "/classify"),
        {"texts": ["x", "y"], "variant": "a", "key": "k"},
    ),
    ("compare", ("x",), {}, "POST", "/compare", {"text": "x"}),
    ("feedback", ("r", ("joy",)), {}, "POST", "/feedback", {"receipt": "r", "labels": ["joy"]}),
    (
        *("feedback", ("r", [("joy",), ()]), {}, "POST", "/feedback"),
        {"receipt": "r", "labels": [["joy"], []]},
    ),
    ("feedback_summary", (), {}, "GET", "/feedback/summary", None),
    ("variants", (), {}, "GET", "/variants", None),
    ("variant", ("a/b",), {}, "GET", "/variants/a%2Fb", None),
    ("load", ("a",), {}, "POST", "/variants/a/load", None),
    ("unload", ("a",), {}, "POST", "/variants/a/unload", None),
    (
        *("adapt", ("a", "b"), {"force": True}, "POST", "/variants/a/adapt"),
        {"name": "b", "force": True},
    ),
    ("routing", (), {}, "GET", "/routing", None),
    (
        *("set_routing", (PolicyChange(split={"a": 1}, reference="a"),), {"expected": 3}),
        *("PUT", "/routing"),
        {"salt": "emotion", "split": {"a": 1.0}, "reference": "a", "shadow": None},
    ),
]


@pytest.mark.parametrize(("name", "args", "options", "method", "path", "body"), CALLS)
def test_both_clients_send_the_same_request(
    name: str, args: tuple[Any, ...], options: dict[str, Any], method: str, path: str, body: Any
) -> None:
    sent: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(503)

    async def call_async() -> None:
        transport = httpx.MockTransport(refuse)
        async with AsyncClient("http://test", admin_token="t", transport=transport) as client:
            await getattr(client, name)(*args, **options)

    with Client("http://test", admin_token="t", transport=httpx.MockTransport(refuse)) as client:
        with pytest.raises(ApiError, match="503"):
            getattr(client, name)(*args, **options)
        with pytest.raises(ApiError, match="503"):
            asyncio.run(call_async())
    for request in sent:
        assert (request.method, request.url.raw_path.decode()) == (method, path)
        assert (json.loads(request.content) if request.content else None) == body
        assert request.headers["authorization"] == "Bearer t"
        assert request.headers.get("if-match") == ('"3"' if "expected" in options else None)
    assert len(sent) == 2


def test_every_method_is_covered_and_documented() -> None:
    methods = {
        name: call
        for name, call in inspect.getmembers(Client, inspect.isfunction)
        if not name.startswith("_") and name != "close"
    }
    assert set(methods) == {call[0] for call in CALLS}
    assert all(inspect.getdoc(call) for call in methods.values())
    assert methods == {name: getattr(AsyncClient, name) for name in methods}


def test_it_needs_no_server_packages() -> None:
    script = """
import sys, service.client
print({"bentoml", "numpy", "prometheus_client", "starlette"} & set(sys.modules))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"

"""The Python client: asyncio's over ASGI, the plain one over real HTTP."""

import asyncio
import inspect
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
        transport = httpx.ASGITransport(app=setup.lane)
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


def test_what_is_refused_is_raised(setup: Any) -> None:
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
        setup.lane._max_concurrency = 0
        with pytest.raises(ApiError) as found:
            await client.classify("happy")
        assert (found.value.code, found.value.retry_after_s) == ("overloaded", 1.0)

    with_client(setup, use, None)


def test_whoever_else_answers_is_told_apart() -> None:
    gateway = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>bad gateway"))
    with (
        Client("http://test", transport=gateway) as client,
        pytest.raises(ApiError, match="502 unknown: Bad Gateway"),
    ):
        client.classify("happy")


def test_over_real_http(serve: Callable[..., Any]) -> None:
    with serve() as server, Client(server.url, admin_token=TOKEN) as client:
        answer = client.classify("happy")
        assert answer.results[0].labels == ["joy"]
        assert client.feedback(answer.receipt, ["joy"]).variant == "fp32"
        change = PolicyChange(split={"int8-static": 1}, reference="fp32")
        version = client.set_routing(change, expected=client.routing().version).version
        with pytest.raises(ApiError, match="409 stale_policy"):
            client.set_routing(change, expected=version - 1)
        assert client.classify("happy").variant == "int8-static"


def test_both_have_the_same_calls() -> None:
    def calls(client: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(call).parameters)
            for name, call in inspect.getmembers(client, inspect.isfunction)
            if not name.startswith("_")
        }

    assert calls(Client) == calls(AsyncClient)


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

"""The service behind a proxy that adds a path prefix, with and without the setting."""

import asyncio
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from service.http.asgi_types import AsgiApp, Receive, Scope, Send
from service.http.root_path import under_root_path

BASE = "http://proxy/emotion/"


def stripping(app: AsgiApp) -> AsgiApp:
    """A proxy that serves `/emotion/` and strips the prefix."""

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["path"].startswith("/emotion/")
        await app({**scope, "path": scope["path"].removeprefix("/emotion")}, receive, send)

    return proxy


def proxied(setup: Any) -> dict[str, AsgiApp]:
    with_setting = under_root_path(setup.middleware, "/emotion")
    return {
        "stripped, no setting": stripping(setup.middleware),
        "stripped": stripping(with_setting),
        "not stripped": with_setting,
    }


@pytest.mark.parametrize("proxy", ["stripped, no setting", "stripped", "not stripped"])
def test_the_page_and_all_that_it_loads_and_calls(setup: Any, proxy: str) -> None:
    async def go() -> None:
        transport = httpx.ASGITransport(app=proxied(setup)[proxy])  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport) as client:
            page = await client.get(BASE)
            assert page.status_code == 200
            links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
            assert len(links) == 2
            for link in links:
                assert (await client.get(urljoin(BASE, link))).status_code == 200
            script = (await client.get(urljoin(BASE, "static/playground.js"))).text
            for address in re.findall(r'fetch\("([^"]+)"', script):
                response = await client.post(urljoin(BASE, address), json={"text": "happy"})
                assert response.status_code == 200

    asyncio.run(go())


@pytest.mark.parametrize("proxy", ["stripped", "not stripped"])
def test_the_document_has_the_prefix(setup: Any, proxy: str) -> None:
    async def go() -> None:
        transport = httpx.ASGITransport(app=proxied(setup)[proxy])  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport) as client:
            document = (await client.get(f"{BASE}docs.json")).json()
            assert document["servers"] == [{"url": "/emotion"}]

    asyncio.run(go())


def test_the_prefix_alone_leads_to_the_page(setup: Any) -> None:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=proxied(setup)["not stripped"])  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            return await client.get("http://proxy/emotion")

    response = asyncio.run(go())
    assert urlsplit(str(response.url)).path == "/emotion/"
    assert "<title>edgemood" in response.text


def test_without_a_prefix_the_application_is_unchanged(setup: Any) -> None:
    assert under_root_path(setup.middleware, "") is setup.middleware

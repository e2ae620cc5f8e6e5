"""The middleware at its limits: what is refused, in which shape, and what goes on meanwhile."""

import asyncio
import errno
from collections.abc import Callable

import httpx
import pytest

from service.http.services import Services
from service.inference.receipts import Receipts
from tests.service.http.conftest import JSON, LARGE, SMALL, AssertError, Overload, half_a_body

TOKEN = "secret token"


def test_large_requests_beyond_their_limits_are_refused_and_others_go_on(
    overload: Callable[..., Overload], assert_error: AssertError, count: Callable[..., float]
) -> None:
    own = overload(large_slots=1, max_queued_large=1)
    before = count("SHED", reason="queue")

    async def scenario(client: httpx.AsyncClient) -> None:
        held = [asyncio.create_task(client.post("/classify", json=LARGE)) for _ in range(2)]
        await own.until(lambda: own.middleware.dispatcher.in_flight == 2)
        refused = await client.post("/classify", json=LARGE)
        assert_error(refused, 429, "overloaded")
        assert refused.headers["retry-after"] == "1"
        for _ in range(3):
            assert (await client.post("/classify", json=SMALL)).status_code == 200
        for path in ("/livez", "/readyz", "/variants", "/routing", "/docs.json", "/metrics", "/"):
            assert (await client.get(path)).status_code == 200, path
        own.gate.set()
        assert [(await one).status_code for one in held] == [200, 200]
        assert (await client.post("/classify", json=LARGE)).status_code == 200

    own.run(scenario)
    assert count("SHED", reason="queue") == before + 1
    assert own.middleware.body_memory.held == 0


def test_too_many_small_requests_are_refused(
    overload: Callable[..., Overload], assert_error: AssertError, count: Callable[..., float]
) -> None:
    own = overload(max_concurrency=2)
    before = count("SHED", reason="concurrency")

    async def scenario(client: httpx.AsyncClient) -> None:
        sent = [client.post("/classify", json=SMALL) for _ in range(20)]
        responses = await asyncio.gather(*sent)
        refused = [response for response in responses if response.status_code != 200]
        assert 0 < len(refused) <= 18
        for response in refused:
            assert_error(response, 429, "overloaded")
            assert response.headers["retry-after"] == "1"
        assert count("SHED", reason="concurrency") == before + len(refused)

    own.run(scenario)


def test_a_request_that_takes_too_long_is_given_up(
    overload: Callable[..., Overload], assert_error: AssertError, count: Callable[..., float]
) -> None:
    own = overload(large_slots=1, request_deadline_s=0.05)
    before = count("SHED", reason="deadline_exceeded")

    async def scenario(client: httpx.AsyncClient) -> None:
        held = [asyncio.create_task(client.post("/classify", json=LARGE)) for _ in range(2)]
        await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)  # the one that waited
        own.gate.set()  # the one that runs comes to its next check
        for response in await asyncio.gather(*held):
            assert_error(response, 503, "deadline_exceeded", "0.05 s")
            assert response.headers["retry-after"] == "1"

    own.run(scenario)
    assert count("SHED", reason="deadline_exceeded") == before + 2


def test_stopping(overload: Callable[..., Overload], assert_error: AssertError) -> None:
    own = overload(large_slots=1)

    async def scenario(client: httpx.AsyncClient) -> None:
        runs = asyncio.create_task(client.post("/classify", json=LARGE))
        await own.until(lambda: own.middleware.dispatcher.in_flight == 1)
        waits = asyncio.create_task(client.post("/classify", json=LARGE))
        reads = asyncio.create_task(client.post("/classify", content=half_a_body(), headers=JSON))
        await own.until(lambda: own.middleware.dispatcher.in_flight == 2)
        await asyncio.sleep(0.01)
        own.middleware.stop(grace_s=10)
        refused = [await waits, await reads, await client.post("/classify", json=SMALL)]
        refused += [await client.get(path) for path in ("/readyz", "/healthz", "/variants")]
        for response in refused:
            assert_error(response, 503, "shutting_down")
            assert response.headers["connection"] == "close"
        for path in ("/livez", "/metrics"):
            assert (await client.get(path)).status_code == 200
        own.gate.set()
        assert (await runs).status_code == 200

    own.run(scenario)


@pytest.mark.parametrize(
    "error",
    [MemoryError(), *(OSError(n, "x") for n in (errno.EMFILE, errno.ENFILE, errno.ENOMEM))],
    ids=["memory", "EMFILE", "ENFILE", "ENOMEM"],
)
@pytest.mark.parametrize("path", ["/classify", "/routing"])
def test_a_lack_of_resources_is_reported_and_passes(
    overload: Callable[..., Overload],
    assert_error: AssertError,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    path: str,
) -> None:
    own = overload()

    def fail(*_: object) -> None:
        raise error

    async def scenario(client: httpx.AsyncClient) -> None:
        async def send() -> httpx.Response:
            if path == "/routing":
                return await client.get(path)
            return await client.post(path, json=SMALL)

        with pytest.MonkeyPatch.context() as patch:
            if path == "/classify":
                patch.setattr(Receipts, "issue", fail)
            else:
                patch.setattr(Services, "has_changed", fail)
            response = await send()
        assert_error(response, 503, "out_of_resources")
        assert response.headers["retry-after"] == "1"
        assert (await send()).status_code == 200

    own.run(scenario)


def test_scrapes_run_one_at_a_time_and_too_many_are_refused(
    overload: Callable[..., Overload], assert_error: AssertError, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = overload(max_queued_calls=3)
    running, most = 0, 0

    def render(_: object) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        assert own.gate.wait(20)
        running -= 1
        return b"metrics"

    monkeypatch.setattr(type(own.setup.services.exposition), "render", render)

    async def scenario(client: httpx.AsyncClient) -> None:
        sent = [asyncio.create_task(client.get("/metrics")) for _ in range(6)]
        await own.until(lambda: sum(one.done() for one in sent) == 3)
        own.gate.set()
        responses = await asyncio.gather(*sent)
        assert sorted(response.status_code for response in responses) == [200] * 3 + [429] * 3
        for response in responses:
            if response.status_code == 429:
                assert_error(response, 429, "overloaded")

    own.run(scenario)
    assert most == 1


def test_guesses_of_the_admin_token_are_slowed_down(
    overload: Callable[..., Overload], assert_error: AssertError
) -> None:
    own = overload(max_delayed_tokens=2, wrong_token_delay_s=0.5)

    async def scenario(client: httpx.AsyncClient) -> None:
        async def load(token: str) -> httpx.Response:
            headers = {"authorization": f"Bearer {token}"}
            return await client.post("/variants/fp32/load", headers=headers)

        guesses = [asyncio.create_task(load("guess")) for _ in range(2)]
        await own.until(lambda: own.middleware._admin_gate._refusals.is_full)
        refused = await load("guess")
        assert_error(refused, 429, "too_many_attempts")
        assert refused.headers["retry-after"] == "1"
        assert (await load(TOKEN)).status_code == 200
        for response in await asyncio.gather(*guesses):
            assert_error(response, 401, "unauthorized")

    own.run(scenario)

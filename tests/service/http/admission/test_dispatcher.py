"""Handlers run on the right thread, each kind within its own bounds."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from service.errors import (
    ClientDisconnectedError,
    DeadlineExceededError,
    OverloadedError,
    ShuttingDownError,
)
from service.http.admission.dispatcher import Dispatcher
from service.http.api.route import Route
from service.http.asgi_types import Message
from service.http.messages import Request, Response
from service.limits import SMALL_BODY_BYTES, Limits

SERVICES: Any = None
LARGE = {"is_inference": True}


def route(**flags: bool) -> Route:
    return Route(method="POST", path="/", handler=quick, operation="o", summary="s", **flags)


def request(size: int = 0) -> Request:
    return Request("POST", "/", {}, b"x" * size, "id", 0.0)


class Client:
    """A connection whose body has been read; it closes when the test says so."""

    def __init__(self) -> None:
        self.is_gone = asyncio.Event()

    async def receive(self) -> Message:
        await self.is_gone.wait()
        return {"type": "http.disconnect"}


class Work:
    """A handler that goes on until the test ends it, and checks its budget as inference does."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun = 0

    def __call__(self, _: object, request: Request) -> Response:
        self.begun += 1
        while not self.may_end.wait(0.002):
            request.budget.check()
        return Response(b"done")


def quick(*_: object) -> Response:
    return Response(b"quick")


def run(limits: Limits, scenario: Callable[[Dispatcher, Work], Awaitable[None]]) -> None:
    async def go() -> None:
        dispatcher, work = Dispatcher(limits), Work()
        try:
            await asyncio.wait_for(scenario(dispatcher, work), 20)
        finally:
            work.may_end.set()

    asyncio.run(go())


def start(
    dispatcher: Dispatcher, handler: Any, found: Route, size: int = 0, client: Client | None = None
) -> asyncio.Task[Response]:
    receive, own = (client or Client()).receive, replace(found, handler=handler)
    return asyncio.create_task(dispatcher.run(own, SERVICES, request(size), receive))


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.002)


@pytest.mark.parametrize(
    ("flags", "size", "thread"),
    [
        ({"is_inline": True, "is_inference": True}, SMALL_BODY_BYTES, "MainThread"),
        ({"is_inline": True, "is_inference": True}, SMALL_BODY_BYTES + 1, "inference_0"),
        ({"is_inference": True}, 0, "inference_0"),
        ({"is_admin": True}, 0, "admin_0"),
        ({}, 0, "other_0"),
        ({"is_inline": True}, SMALL_BODY_BYTES + 1, "other_0"),
    ],
)
def test_threads_of_handlers(flags: dict[str, bool], size: int, thread: str) -> None:
    def handler(*_: object) -> Response:
        return Response(threading.current_thread().name.encode())

    async def scenario(dispatcher: Dispatcher, _: Work) -> None:
        response = await start(dispatcher, handler, route(**flags), size)
        assert response.body.decode() == thread

    run(Limits(), scenario)


@pytest.mark.parametrize("kind", ["large", "admin", "other"])
def test_each_kind_has_its_own_bounds(kind: str) -> None:
    routes = {"large": route(**LARGE), "admin": route(is_admin=True), "other": route()}

    async def scenario(dispatcher: Dispatcher, work: Work) -> None:
        held = [start(dispatcher, work, routes[kind]) for _ in range(2)]
        await until(lambda: work.begun == 1)
        with pytest.raises(OverloadedError):
            await start(dispatcher, quick, routes[kind])
        for other in (route(is_inline=True), *routes.values()):
            if other is not routes[kind]:
                assert (await start(dispatcher, quick, other)).body == b"quick"
        assert dispatcher.in_flight == 2
        work.may_end.set()
        await asyncio.gather(*held)
        assert dispatcher.in_flight == 0
        assert (await start(dispatcher, quick, routes[kind])).body == b"quick"

    run(Limits(large_slots=1, max_queued_large=1, max_queued_calls=1), scenario)


def test_small_requests_beyond_the_cap_are_refused() -> None:
    async def scenario(dispatcher: Dispatcher, _: Work) -> None:
        small = route(is_inline=True)
        sent = [start(dispatcher, quick, small) for _ in range(5)]
        found = await asyncio.gather(*sent, return_exceptions=True)
        assert [isinstance(one, OverloadedError) for one in found] == [False] * 2 + [True] * 3
        assert dispatcher.in_flight == 0

    run(Limits(max_concurrency=2), scenario)


def test_tokens_in_work_are_bounded() -> None:
    limits = Limits(max_tokens_in_work=1024 * 1024)

    async def scenario(dispatcher: Dispatcher, work: Work) -> None:
        held = start(dispatcher, work, route(**LARGE), limits.max_tokens_in_work - 1)
        await until(lambda: work.begun == 1)
        with pytest.raises(OverloadedError):
            await start(dispatcher, quick, route(**LARGE), 2)
        assert (await start(dispatcher, quick, route(**LARGE), 1)).body == b"quick"
        work.may_end.set()
        await held

    run(limits, scenario)


def test_a_failing_handler_releases_its_place() -> None:
    def fail(*_: object) -> Response:
        raise LookupError

    async def scenario(dispatcher: Dispatcher, _: Work) -> None:
        for found in (route(is_inline=True), route(**LARGE), route()):
            for _ in range(3):
                with pytest.raises(LookupError):
                    await start(dispatcher, fail, found)
        assert dispatcher.in_flight == 0

    run(Limits(max_concurrency=1, large_slots=1, max_queued_large=0), scenario)


def test_work_ends_when_its_client_is_gone_whether_it_runs_or_waits() -> None:
    async def scenario(dispatcher: Dispatcher, work: Work) -> None:
        clients = [Client(), Client()]
        sent = [start(dispatcher, work, route(**LARGE), client=client) for client in clients]
        await until(lambda: work.begun == 1)
        for client, task in zip(reversed(clients), reversed(sent), strict=True):
            client.is_gone.set()
            with pytest.raises(ClientDisconnectedError):
                await task
        assert (work.begun, dispatcher.in_flight) == (1, 0)

    run(Limits(large_slots=1), scenario)


def test_work_ends_at_its_deadline_whether_it_runs_or_waits() -> None:
    async def scenario(dispatcher: Dispatcher, work: Work) -> None:
        sent = [start(dispatcher, work, route(**LARGE)) for _ in range(2)]
        found = await asyncio.gather(*sent, return_exceptions=True)
        assert [type(one) for one in found] == [DeadlineExceededError] * 2

    run(Limits(large_slots=1, request_deadline_s=0.05), scenario)


def test_stopping_drops_what_waits_and_ends_what_runs_after_the_grace() -> None:
    async def scenario(dispatcher: Dispatcher, work: Work) -> None:
        runs, waits = (start(dispatcher, work, route(**LARGE)) for _ in range(2))
        await until(lambda: work.begun == 1)
        dispatcher.stop(grace_s=0.05)
        with pytest.raises(ShuttingDownError):
            await waits
        assert not runs.done()
        with pytest.raises(ShuttingDownError):
            await runs

    run(Limits(large_slots=1), scenario)


def test_a_request_has_the_budget_of_the_limits() -> None:
    budgets = []

    def handler(_: object, request: Request) -> Response:
        budgets.append(request.budget)
        return Response(b"")

    async def scenario(dispatcher: Dispatcher, _: Work) -> None:
        await start(dispatcher, handler, route(**LARGE))

    run(Limits(max_request_tokens=5000, request_deadline_s=7), scenario)
    assert (budgets[0]._max_tokens, budgets[0]._seconds) == (5000, 7)


def test_a_shared_call_keeps_nothing_of_the_first_caller() -> None:
    seen = []

    def handler(_: object, shared: Request) -> Response:
        seen.append(shared)
        return Response(b"page")

    async def scenario(dispatcher: Dispatcher, _: Work) -> None:
        page = replace(route(is_shared=True), handler=handler)
        await dispatcher.run(page, SERVICES, request(100_000), Client().receive)

    run(Limits(), scenario)
    assert [one.body for one in seen] == [b""]

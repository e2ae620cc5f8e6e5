"""Handlers run on the right thread and within the concurrency cap."""

import asyncio
import threading
from typing import Any

import pytest

from service.errors import OverloadedError
from service.http.admission import dispatcher as module
from service.http.admission.dispatcher import INLINE_BODY_BYTES, Dispatcher
from service.http.api.route import Route
from service.http.messages import Request, Response

SERVICES: Any = None


def route(**flags: bool) -> Route:
    return Route(method="POST", path="/", handler=None, operation="o", summary="s", **flags)


def request(size: int = 0) -> Request:
    return Request("POST", "/", {}, b"x" * size, "id", 0.0)


def thread_of(found: Route, size: int) -> str:
    def handler(*_: object) -> Response:
        return Response(threading.current_thread().name.encode())

    async def go() -> Response:
        return await Dispatcher(1).run(found, handler, SERVICES, request(size))

    return asyncio.run(go()).body.decode()


@pytest.mark.parametrize(
    ("flags", "size", "thread"),
    [
        ({"is_inline": True, "is_capped": True}, INLINE_BODY_BYTES, "MainThread"),
        ({"is_inline": True, "is_capped": True}, INLINE_BODY_BYTES + 1, "inference_0"),
        ({"is_capped": True}, 0, "inference_0"),
        ({}, 0, "other_0"),
        ({"is_inline": True}, INLINE_BODY_BYTES + 1, "other_0"),
    ],
)
def test_threads_of_handlers(flags: dict[str, bool], size: int, thread: str) -> None:
    assert thread_of(route(**flags), size) == thread


def test_a_full_worker_refuses_only_capped_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REFUSAL_DELAY_S", 0.0)
    gate = threading.Event()

    def slow(*_: object) -> Response:
        gate.wait(30)
        return Response(b"")

    def quick(*_: object) -> Response:
        return Response(b"quick")

    async def go() -> None:
        dispatcher, capped = Dispatcher(2), route(is_capped=True)
        held = [
            asyncio.create_task(dispatcher.run(capped, slow, SERVICES, request())) for _ in range(2)
        ]
        await asyncio.sleep(0)
        assert dispatcher.in_flight == 2
        with pytest.raises(OverloadedError):
            await dispatcher.run(capped, quick, SERVICES, request())
        assert (await dispatcher.run(route(), quick, SERVICES, request())).body == b"quick"
        gate.set()
        await asyncio.gather(*held)
        assert dispatcher.in_flight == 0
        assert (await dispatcher.run(capped, quick, SERVICES, request())).body == b"quick"

    asyncio.run(go())


def test_a_failing_handler_releases_its_slot() -> None:
    def fail(*_: object) -> Response:
        raise LookupError

    async def go() -> None:
        dispatcher = Dispatcher(1)
        for _ in range(3):
            with pytest.raises(LookupError):
                await dispatcher.run(route(is_capped=True), fail, SERVICES, request())
        assert dispatcher.in_flight == 0

    asyncio.run(go())

"""Bodies in parts, too large, too slow and cut off, without a server."""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack

import pytest

from service.errors import (
    BodyTooLargeError,
    ClientDisconnectedError,
    OverloadedError,
    RequestTimeoutError,
    ServiceError,
    ShuttingDownError,
)
from service.http.admission import body_reader as module
from service.http.admission.body_memory import GRACE_S, BodyMemory
from service.http.admission.body_reader import BodyReader, drop_rest
from service.http.asgi_types import Message
from service.limits import KIB, Limits
from service.schemas import MAX_BODY_BYTES

LIMITS = Limits(max_body_bytes_in_flight=4 * MAX_BODY_BYTES)
HASTY = Limits(body_stall_s=0.02, body_grace_s=0.03, min_body_rate=1e9)


class Connection:
    """Delivers messages, and counts how many were taken; after the last one it is silent."""

    def __init__(self, messages: Iterable[Message], *, pause_s: float = 0.0) -> None:
        self.messages, self.taken, self.pause_s = list(messages), 0, pause_s

    async def receive(self) -> Message:
        if self.taken == len(self.messages):
            await asyncio.sleep(30)
        if self.pause_s:
            await asyncio.sleep(self.pause_s)
        self.taken += 1
        return self.messages[self.taken - 1]


def parts(*sizes: int, complete: bool = True) -> list[Message]:
    found = [{"type": "http.request", "body": b"x" * n, "more_body": True} for n in sizes]
    found[-1]["more_body"] = not complete
    return found


def read(connection: Connection, declared: int | None = None, limits: Limits = LIMITS) -> bytes:
    async def go() -> bytes:
        with BodyMemory(limits).reservation() as memory:
            return await BodyReader(limits).read(connection.receive, declared, memory)

    return asyncio.run(go())


@pytest.mark.parametrize("sizes", [(0,), (3,), (3, 0, 4), (MAX_BODY_BYTES - 1, 1)])
def test_parts_are_joined(sizes: tuple[int, ...]) -> None:
    assert read(Connection(parts(*sizes))) == b"x" * sum(sizes)
    assert read(Connection(parts(*sizes)), sum(sizes)) == b"x" * sum(sizes)


def test_a_message_may_leave_the_body_out() -> None:
    assert read(Connection([{"type": "http.request"}])) == b""


def test_a_body_that_is_declared_too_large_is_not_read() -> None:
    connection = Connection(parts(1))
    with pytest.raises(BodyTooLargeError) as refusal:
        read(connection, MAX_BODY_BYTES + 1)
    assert (connection.taken, refusal.value.is_body_unread) == (0, True)


def test_a_body_without_a_declared_size_is_refused_when_it_becomes_too_large() -> None:
    connection = Connection(parts(MAX_BODY_BYTES, 1, 1, complete=False))
    with pytest.raises(BodyTooLargeError) as refusal:
        read(connection)
    assert (connection.taken, refusal.value.is_body_unread) == (2, True)


def test_a_body_that_makes_room_is_refused_and_the_new_one_is_read() -> None:
    async def go() -> None:
        now = 0.0
        memory, reader = BodyMemory(LIMITS, clock=lambda: now), BodyReader(LIMITS)
        stalled = [Connection(parts(MAX_BODY_BYTES // 2, complete=False)) for _ in range(6)]
        with ExitStack() as held:
            reading = [
                asyncio.create_task(
                    reader.read(c.receive, MAX_BODY_BYTES, held.enter_context(memory.reservation()))
                )
                for c in stalled
            ]
            await asyncio.sleep(0.01)
            assert memory.held == 3 * MAX_BODY_BYTES
            now = GRACE_S
            with memory.reservation() as own:
                new = Connection(parts(MAX_BODY_BYTES // 2, MAX_BODY_BYTES // 2))
                assert len(await reader.read(new.receive, MAX_BODY_BYTES, own)) == MAX_BODY_BYTES
            await asyncio.sleep(0.01)
            refused = [task for task in reading if task.done()]
            assert len(refused) == 2
            for task in refused:
                error = task.exception()
                assert isinstance(error, OverloadedError)
                assert error.is_body_unread
            for task in reading:
                task.cancel()

    asyncio.run(go())


def test_declared_sizes_reserve_nothing() -> None:
    async def go() -> None:
        memory, reader = BodyMemory(LIMITS), BodyReader(LIMITS)
        with ExitStack() as held:
            reading = [
                asyncio.create_task(
                    reader.read(
                        Connection([]).receive,
                        MAX_BODY_BYTES,
                        held.enter_context(memory.reservation(MAX_BODY_BYTES)),
                    )
                )
                for _ in range(100)
            ]
            await asyncio.sleep(0)
            assert memory.held == 0
            with memory.reservation(MAX_BODY_BYTES) as own:
                body = await reader.read(
                    Connection(parts(MAX_BODY_BYTES)).receive, MAX_BODY_BYTES, own
                )
            assert len(body) == MAX_BODY_BYTES
            for task in reading:
                task.cancel()

    asyncio.run(go())


@pytest.mark.parametrize(
    "connection",
    [
        Connection([]),
        Connection(parts(3, complete=False)),
        Connection(parts(*[1] * 99, complete=False), pause_s=0.005),
    ],
    ids=["silent", "stalls", "too slow"],
)
def test_a_slow_body_times_out(connection: Connection) -> None:
    with pytest.raises(RequestTimeoutError):
        read(connection, limits=HASTY)
    assert connection.taken < 50


def test_a_body_may_take_long_if_it_is_fast_enough() -> None:
    connection = Connection(parts(*[KIB] * 9), pause_s=0.01)
    limits = Limits(body_stall_s=5, body_grace_s=0.001, min_body_rate=KIB)
    assert len(read(connection, limits=limits)) == 9 * KIB


def test_a_disconnected_client_is_detected() -> None:
    with pytest.raises(ClientDisconnectedError):
        read(Connection([*parts(3, complete=False), {"type": "http.disconnect"}]))


@pytest.mark.parametrize("sent", [[], parts(3, complete=False)])
def test_stopping_ends_bodies_that_are_not_complete(sent: list[Message]) -> None:
    async def go() -> None:
        reader, memory = BodyReader(LIMITS), BodyMemory(LIMITS).reservation()
        reading = asyncio.create_task(reader.read(Connection(sent).receive, None, memory))
        await asyncio.sleep(0.01)
        reader.stop()
        with pytest.raises(ShuttingDownError):
            await reading

    asyncio.run(go())


def drop(connection: Connection) -> int:
    asyncio.run(drop_rest(connection.receive))
    return connection.taken


def test_the_rest_of_a_refused_body_is_dropped_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert drop(Connection(parts(9, 9, 9))) == 3
    assert drop(Connection([*parts(9, complete=False), {"type": "http.disconnect"}])) == 2
    monkeypatch.setattr(module, "MAX_DROPPED_BYTES", 10)
    assert drop(Connection(parts(9, 9, 9))) == 2
    monkeypatch.setattr(module, "LINGER_S", 0.01)
    assert drop(Connection(parts(1, complete=False))) == 1


def test_errors_are_not_marked_unread_unless_they_are() -> None:
    assert not ServiceError("message").is_body_unread

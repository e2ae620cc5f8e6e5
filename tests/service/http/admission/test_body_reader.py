"""Bodies in chunks, too large, too slow and cut off, without a server."""

import asyncio
from collections.abc import Iterable

import pytest

from service.errors import BodyTooLargeError, ClientDisconnectedError, RequestTimeoutError
from service.http.admission import body_reader
from service.http.admission.body_reader import MAX_DRAINED_BYTES, read_body
from service.http.asgi_types import Message
from service.schemas import MAX_BODY_BYTES


class Connection:
    """Delivers messages, and counts how many were taken."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages, self.taken = list(messages), 0

    async def receive(self) -> Message:
        if self.taken == len(self.messages):
            await asyncio.sleep(30)
        self.taken += 1
        return self.messages[self.taken - 1]


def chunks(*sizes: int, complete: bool = True) -> list[Message]:
    found = [{"type": "http.request", "body": b"x" * n, "more_body": True} for n in sizes]
    found[-1]["more_body"] = not complete
    return found


def read(connection: Connection) -> bytes:
    return asyncio.run(read_body(connection.receive))


@pytest.mark.parametrize("sizes", [(0,), (3,), (3, 0, 4), (MAX_BODY_BYTES - 1, 1)])
def test_chunks_are_joined(sizes: tuple[int, ...]) -> None:
    assert read(Connection(chunks(*sizes))) == b"x" * sum(sizes)


def test_a_message_may_leave_the_body_out() -> None:
    assert read(Connection([{"type": "http.request"}])) == b""


def test_a_large_body_is_read_to_its_end_so_that_the_client_sees_the_response() -> None:
    connection = Connection(chunks(MAX_BODY_BYTES, 1, 5))
    with pytest.raises(BodyTooLargeError):
        read(connection)
    assert connection.taken == 3


def test_an_endless_body_is_not_read_to_its_end() -> None:
    connection = Connection(chunks(MAX_DRAINED_BYTES, 1, 1, complete=False))
    with pytest.raises(BodyTooLargeError):
        read(connection)
    assert connection.taken == 2


def test_a_slow_body_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_reader, "BODY_TIMEOUT_S", 0.01)
    with pytest.raises(RequestTimeoutError):
        read(Connection(chunks(3, complete=False)))


def test_a_disconnected_client_is_detected() -> None:
    with pytest.raises(ClientDisconnectedError):
        read(Connection([*chunks(3, complete=False), {"type": "http.disconnect"}]))

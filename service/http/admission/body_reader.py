"""Reads request bodies within bounds of size, memory and time."""

import asyncio

from service.errors import (
    BodyTooLargeError,
    ClientDisconnectedError,
    OverloadedError,
    RequestTimeoutError,
    ServiceError,
    ShuttingDownError,
)
from service.http.admission.body_memory import Reservation
from service.http.admission.refusals import overloaded
from service.http.asgi_types import Message, Receive
from service.limits import Limits
from service.schemas import MAX_BODY_BYTES

LINGER_S = 5.0
MAX_DROPPED_BYTES = 64 * MAX_BODY_BYTES


async def drop_rest(receive: Receive) -> None:
    """Read a refused body on and keep nothing, up to `LINGER_S` and `MAX_DROPPED_BYTES`."""
    dropped = 0
    try:
        async with asyncio.timeout(LINGER_S):
            while dropped <= MAX_DROPPED_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


class BodyReader:
    """Reads the bodies of one worker."""

    def __init__(self, limits: Limits) -> None:
        """Begin with no body."""
        self._limits = limits
        self._reading: set[asyncio.Timeout] = set()
        self._is_stopping = False

    async def read(self, receive: Receive, declared: int | None, memory: Reservation) -> bytes:
        """The whole body.

        Args:
            receive: the connection's.
            declared: the header Content-Length; None if the body came without.
            memory: grows with each part of the body.

        Raises:
            BodyTooLargeError: the body exceeds `MAX_BODY_BYTES`.
            OverloadedError: there is no memory for it now, or no longer.
            RequestTimeoutError: it comes too slowly.
            ShuttingDownError: the worker stops, and the body is not complete.
            ClientDisconnectedError: the connection closed before the body was complete.
        """
        if declared is not None and declared > MAX_BODY_BYTES:
            raise _unread(BodyTooLargeError(MAX_BODY_BYTES))
        try:
            async with asyncio.timeout(self._limits.body_stall_s) as timeout:
                self._reading.add(timeout)
                try:
                    return await self._read_parts(receive, memory, timeout)
                finally:
                    self._reading.discard(timeout)
        except TimeoutError:
            if memory.is_given_up:
                raise _unread(overloaded("body_bytes")) from None
            raise self._late() from None

    def stop(self) -> None:
        """Give up bodies that are not complete."""
        self._is_stopping = True
        for timeout in self._reading:
            _end(timeout)

    async def _read_parts(
        self, receive: Receive, memory: Reservation, timeout: asyncio.Timeout
    ) -> bytes:
        """The parts joined. Most bodies come in one part, which costs no copy."""
        message = await receive()
        part = _part(message)
        if not message.get("more_body", False):
            _grow(memory, len(part))
            return part
        began = asyncio.get_running_loop().time()
        body = bytearray()
        memory.arrives(lambda: _end(timeout))
        while True:
            _grow(memory, len(body) + len(part))
            body += part
            if not message.get("more_body", False):
                memory.is_complete()
                return bytes(body)
            timeout.reschedule(self._next_deadline(began, len(body)))
            message = await receive()
            part = _part(message)
            if memory.is_given_up:  # while this part was on its way
                raise TimeoutError

    def _next_deadline(self, began: float, size: int) -> float:
        """When the body is late: after a pause, or below the lowest rate once the grace is over."""
        if self._is_stopping:
            return 0
        limits = self._limits
        pause_ends = asyncio.get_running_loop().time() + limits.body_stall_s
        return min(pause_ends, began + limits.body_grace_s + size / limits.min_body_rate)

    def _late(self) -> ServiceError:
        return ShuttingDownError() if self._is_stopping else RequestTimeoutError()


def _end(timeout: asyncio.Timeout) -> None:
    if not timeout.expired():
        timeout.reschedule(0)


def _part(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnectedError
    part: bytes = message.get("body", b"")
    return part


def _grow(memory: Reservation, size: int) -> None:
    """Reserve memory for a body of this size, or refuse the body."""
    if size > MAX_BODY_BYTES:
        raise _unread(BodyTooLargeError(MAX_BODY_BYTES))
    try:
        memory.grow_to(size)
    except OverloadedError as error:
        raise _unread(error) from None


def _unread(error: ServiceError) -> ServiceError:
    error.is_body_unread = True
    return error

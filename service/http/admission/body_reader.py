"""Reads request bodies within bounds of size and time."""

import asyncio

from service.errors import BodyTooLargeError, ClientDisconnectedError, RequestTimeoutError
from service.http.asgi_types import Message, Receive
from service.schemas import MAX_BODY_BYTES

BODY_TIMEOUT_S = 30.0
MAX_DRAINED_BYTES = 64 * MAX_BODY_BYTES
"""An oversized body is read up to here: a client that is still sending cannot see the response."""


async def read_body(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        BodyTooLargeError: the body exceeds `MAX_BODY_BYTES`.
        RequestTimeoutError: the body is not complete after `BODY_TIMEOUT_S`.
        ClientDisconnectedError: the connection closed before the body was complete.
    """
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            chunks, size = await _read_chunks(receive)
    except TimeoutError:
        raise RequestTimeoutError(BODY_TIMEOUT_S) from None
    if size > MAX_BODY_BYTES:
        raise BodyTooLargeError(MAX_BODY_BYTES)
    return b"".join(chunks)


async def _read_chunks(receive: Receive) -> tuple[list[bytes], int]:
    """The chunks within the limit, and the size of the whole body."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= MAX_DRAINED_BYTES:
        message = await receive()
        chunk = _chunk(message)
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks, size


def _chunk(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnectedError
    chunk: bytes = message.get("body", b"")
    return chunk

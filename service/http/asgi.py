"""The outer ASGI layer: answers our calls ahead of BentoML's middleware and passes on its own.

BentoML reports failures in three shapes of its own and logs a traceback for each bad request, and
its middleware costs several times what a small variant does. So only probes and metrics go through;
for everything else this layer has its own body bound, concurrency cap, request ids and errors.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from service.errors import (
    BodyTooLargeError,
    InternalError,
    MethodNotAllowedError,
    OverloadedError,
    RequestTimeoutError,
    ServiceError,
    UnavailableError,
    place,
)
from service.http.fair_lock import Turns
from service.http.handlers import CLASSIFY, COMPARE, FEEDBACK, Api, Handler
from service.http.messages import Request, Response, error_response, fit_request_id
from service.observability import metrics
from service.schemas import MAX_BODY_BYTES

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

PASSED_ON = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
MAX_DRAINED_BYTES = 64 * MAX_BODY_BYTES
INLINE = frozenset({CLASSIFY, FEEDBACK})
"""The calls that are answered at once where their body is small; others get a thread."""
INLINE_BODY_BYTES = 2 * 1024
"""Larger bodies get a thread: a text costs by the word, and probes are not to wait for it."""
CLASSIFYING_THREADS = 4
CAPPED = frozenset({CLASSIFY, COMPARE})
"""The calls of which a worker holds so many at once and no more."""
BODY_TIMEOUT_S = 30.0
RETRY_AFTER_S = 1
REFUSAL_DELAY_S = 0.25
"""Before it is said that there are too many: who comes back at once, whatever `Retry-After` says,
would else take most of the time of those who were let in."""


class _ClientGoneError(Exception):
    """The connection closed before the body was complete."""


class FastLane:
    """An ASGI application around BentoML's."""

    def __init__(self, inner: AsgiApp, *, api: Callable[[], Api], max_concurrency: int) -> None:
        """Wrap an application.

        Args:
            inner: BentoML's application.
            api: gives the worker's API; called only once the worker has started.
            max_concurrency: requests to `/classify` and `/compare` that are worked on at once.
        """
        self._inner, self._api = inner, api
        self._max_concurrency, self._held = max_concurrency, 0
        # Two pools: long texts must not keep an administrator from changing the policy.
        self._classifying = ThreadPoolExecutor(CLASSIFYING_THREADS, "classify")
        self._other = ThreadPoolExecutor(1, "other")
        self._turns = Turns()
        self._memory = metrics.ResidentMemory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        self._memory.refresh()
        headers = _headers(scope)
        request_id = fit_request_id(headers)
        try:
            if scope["path"] in PASSED_ON:
                response = await self._pass_on(scope, receive, send, request_id)
            else:
                response = await self._answer(scope, headers, receive, request_id)
        except _ClientGoneError:
            return
        except ServiceError as error:
            response = error_response(error, request_id)
            if error.status < 500:  # `Desk` has counted the others
                _count_failure(scope["path"], "client_error")
        except Exception as error:  # noqa: BLE001  # the last resort
            logger.error("request %s: %s", request_id, place(error))
            response = error_response(InternalError(), request_id)
            _count_failure(scope["path"], "server_error")
        if response is not None:
            await _send(send, response, request_id)
            response.afterwards()

    async def _answer(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, request_id: str
    ) -> Response:
        handler = self._api().handler(scope["method"], scope["path"], headers)
        body = await _read_body(receive)
        arrived = time.perf_counter()
        request = Request(scope["method"], scope["path"], headers, body, request_id, arrived)
        if scope["path"] not in CAPPED:
            return await self._work(handler, request)
        # Only now: a body that trickles in takes no place.
        if self._held >= self._max_concurrency:
            metrics.SHED.labels("concurrency").inc()
            await asyncio.sleep(REFUSAL_DELAY_S)
            raise OverloadedError(RETRY_AFTER_S)
        self._held += 1
        try:
            return await self._work(handler, request)
        finally:
            self._held -= 1

    async def _work(self, handler: Handler, request: Request) -> Response:
        if len(request.body) <= INLINE_BODY_BYTES and request.path in INLINE:
            async with self._turns:
                return handler(request)
        pool = self._classifying if request.path in CAPPED else self._other
        return await asyncio.get_running_loop().run_in_executor(pool, handler, request)

    async def _pass_on(
        self, scope: Scope, receive: Receive, send: Send, request_id: str
    ) -> Response | None:
        """Let BentoML answer. What it says of a failure is left out: ours has one shape."""
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowedError(("GET", "HEAD"))
        status = 500

        async def send_success(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = (b"x-request-id", request_id.encode())
                message = {**message, "headers": [*message.get("headers", ()), own]}
            if status < 400:
                await send(message)

        if scope["path"] == "/metrics":
            self._api().refresh()
        await self._inner(scope, receive, send_success)
        if status == 503:
            raise UnavailableError("not ready")
        if status >= 400:
            logger.error("BentoML answered %s with %d", scope["path"], status)
            raise InternalError
        return None


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _read_body(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        BodyTooLargeError: it is over the limit; it was read to its end first, within reason, since
            a client that is still sending does not see the answer.
        RequestTimeoutError: it does not come.
    """
    first = _waiting(receive)
    if first is not None and not first.get("more_body", False):
        parts, size = [_part(first)], len(_part(first))
    else:
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                parts, size = await _receive_all(receive, first)
        except TimeoutError:
            raise RequestTimeoutError(BODY_TIMEOUT_S) from None
    if size > MAX_BODY_BYTES:
        raise BodyTooLargeError(MAX_BODY_BYTES)
    return b"".join(parts)


def _waiting(receive: Receive) -> Message | None:
    """The next message if it has come already, as small bodies have: no need for a timer then."""
    receiving = receive().__await__()
    try:
        next(receiving)
    except StopIteration as done:
        message: Message = done.value
        return message
    receiving.close()  # it has not finished, hence taken nothing
    return None


async def _receive_all(receive: Receive, first: Message | None) -> tuple[list[bytes], int]:
    """The parts of a body as far as they are within the limit, and the size of all of it."""
    parts: list[bytes] = []
    size = 0
    message = first or await receive()
    while True:
        part = _part(message)
        size += len(part)
        if size <= MAX_BODY_BYTES:
            parts.append(part)
        if not message.get("more_body", False) or size > MAX_DRAINED_BYTES:
            return parts, size
        message = await receive()


def _part(message: Message) -> bytes:
    """The part of a body that a message brings."""
    if message["type"] == "http.disconnect":
        raise _ClientGoneError
    part: bytes = message.get("body", b"")
    return part


def _count_failure(path: str, outcome: metrics.Outcome) -> None:
    """A failed request to `/classify` that no variant can be blamed for."""
    if path == CLASSIFY:
        metrics.REQUESTS.labels(metrics.NO_VARIANT, metrics.NO_VARIANT, outcome).inc()


async def _send(send: Send, response: Response, request_id: str) -> None:
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(response.body)),
        "X-Request-ID": request_id,
        **response.headers,
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})

"""The ASGI middleware in front of BentoML, which answers every request.

BentoML reports errors in three shapes of its own, logs a traceback for each bad request, and its
middleware costs several times what a small variant does. Requests therefore end here, with bounds
on body size, time and concurrency; only start and end of the process reach BentoML.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic import SecretStr

from service.errors import (
    ClientDisconnectedError,
    InternalError,
    OutOfResourcesError,
    OverloadedError,
    ServiceError,
    ShuttingDownError,
    TooManyAttemptsError,
    error_location,
    is_lack_of_resources,
)
from service.http.admission.authorization import AdminGate
from service.http.admission.body_memory import BodyMemory
from service.http.admission.body_reader import BodyReader, drop_rest
from service.http.admission.dispatcher import Dispatcher
from service.http.admission.refusals import DelayedRefusals
from service.http.api.router import Match, Router
from service.http.api.routes import CLASSIFY, LIVENESS, METRICS, ROUTES
from service.http.asgi_types import AsgiApp, Receive, Scope, Send
from service.http.freshness import FreshState
from service.http.messages import Request, Response, error_response
from service.http.parsing.headers import (
    check_single,
    content_length,
    header_map,
    request_id_from,
)
from service.http.services import Services
from service.limits import Limits
from service.observability.request_metrics import count_refusals, count_shed
from service.observability.values import VALUES

logger = logging.getLogger(__name__)

ROUTER = Router(ROUTES)
_WHILE_STOPPING = (LIVENESS, METRICS)
"""Paths that are answered until the end."""


class _Call(NamedTuple):
    """The arguments of an ASGI call, with parsed headers."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Mapping[str, str]
    request_id: str


class ApiMiddleware:
    """An ASGI application around BentoML's."""

    def __init__(
        self,
        inner: AsgiApp,
        *,
        services: Callable[[], Services],
        admin_token: SecretStr | None,
        limits: Limits,
    ) -> None:
        """Wrap an application.

        Args:
            inner: BentoML's application.
            services: returns the worker's services; called only after the worker has started.
            admin_token: permits admin calls; None turns them off.
            limits: what callers may use before they are refused.
        """
        self._inner, self._services = inner, services
        self.dispatcher = Dispatcher(limits)
        self.body_memory = BodyMemory(limits)
        self._body_reader = BodyReader(limits)
        self._admin_gate = AdminGate(admin_token, limits)
        self._refusals = DelayedRefusals(limits.max_delayed_refusals)
        self._fresh_state = FreshState(services, max_waiting=limits.max_connections)
        self._is_stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._answer_other_protocol(scope, receive, send)
            return
        headers = header_map(scope["headers"])
        call = _Call(scope, receive, send, headers, request_id_from(headers))
        try:
            response = await self._respond(call)
        except ClientDisconnectedError:
            return
        VALUES.flush()  # what was answered is counted, even if this process is killed
        await _send(call, response)
        response.after_sending()

    def stop(self, *, grace_s: float) -> None:
        """Begin to stop; to be called on the event loop, once.

        From now on new requests, requests that wait and bodies that are not complete get 503.
        `/livez` and `/metrics` go on, and so does what runs.

        Args:
            grace_s: seconds after which what still runs ends, at its next check, with 503.
        """
        self._is_stopping = True
        self._body_reader.stop()
        self.dispatcher.stop(grace_s=grace_s)

    async def _answer_other_protocol(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass start and end of the process on; there are no WebSockets."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    async def _respond(self, call: _Call) -> Response:
        """The response, errors included."""
        method, path = call.scope["method"], call.scope["path"]
        try:
            with count_refusals(when=path == CLASSIFY):
                check_single(call.scope["headers"], call.headers)
                if method == "OPTIONS":
                    return Response(b"", 204, {"Allow": ", ".join(ROUTER.allowed(path))})
                match = ROUTER.match(method, path)
                return await self._answer(call, match)
        except ClientDisconnectedError:
            raise
        except Exception as error:  # noqa: BLE001  # the last resort
            return await self._refuse(call, error)

    async def _refuse(self, call: _Call, error: Exception) -> Response:
        """The response to a request that failed."""
        if not isinstance(error, ServiceError):
            logger.error("request %s: %s", call.request_id, error_location(error))
            error = OutOfResourcesError() if is_lack_of_resources(error) else InternalError()
        # Frames and earlier errors would keep the body while the refusal waits, or in a cycle.
        error.__traceback__ = error.__context__ = error.__cause__ = None
        if isinstance(error, OverloadedError | TooManyAttemptsError):
            await self._refusals.delay()
        count_shed(error)
        response = error_response(error, call.request_id)
        if not error.is_body_unread:
            return response
        headers = {**response.headers, "Connection": "close"}
        return response._replace(headers=headers, is_body_unread=True)

    async def _answer(self, call: _Call, match: Match) -> Response:
        route = match.route
        if self._is_stopping and route.path not in _WHILE_STOPPING:
            raise ShuttingDownError
        if route.is_admin:
            await self._admin_gate.check(call.headers)
        if route.is_probe:
            return route.handler(self._services(), _request(call, match, b""))
        declared = content_length(call.headers)
        with self.body_memory.reservation(declared) as memory:
            body = await self._body_reader.read(call.receive, declared, memory)
            request = _request(call, match, body)
            services = self._services()
            return await self._fresh_state.answer(
                services,
                lambda: self.dispatcher.run(route, services, request, call.receive),
            )


def _request(call: _Call, match: Match, body: bytes) -> Request:
    return Request(
        method=call.scope["method"],
        path=call.scope["path"],
        headers=call.headers,
        body=body,
        id=call.request_id,
        received_at=time.perf_counter(),
        parameters=match.parameters,
        root_path=call.scope.get("root_path", ""),
    )


async def _send(call: _Call, response: Response) -> None:
    headers = {"X-Request-ID": call.request_id, **response.headers}
    if response.status != 204:
        length = str(len(response.body))
        headers = {"Content-Type": "application/json", "Content-Length": length, **headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    body = b"" if call.scope["method"] == "HEAD" else response.body
    await call.send({"type": "http.response.start", "status": response.status, "headers": raw})
    if response.is_body_unread:
        # A client that is still sending cannot see the response if the connection is reset.
        await call.send({"type": "http.response.body", "body": body, "more_body": True})
        await drop_rest(call.receive)
        body = b""
    await call.send({"type": "http.response.body", "body": body})

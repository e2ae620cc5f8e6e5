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
    ServiceError,
    error_location,
)
from service.http.admission.authorization import check_admin
from service.http.admission.body_reader import read_body
from service.http.admission.dispatcher import Dispatcher
from service.http.api.router import Match, Router
from service.http.api.routes import CLASSIFY, ROUTES
from service.http.asgi_types import AsgiApp, Receive, Scope, Send
from service.http.freshness import with_fresh_state
from service.http.messages import Request, Response, error_response
from service.http.parsing.headers import check_single, header_map, request_id_from
from service.http.services import Services
from service.limits import Limits
from service.observability.request_metrics import count_refusals

logger = logging.getLogger(__name__)

ROUTER = Router(ROUTES)


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
        self._inner, self._services, self._admin_token = inner, services, admin_token
        self.dispatcher = Dispatcher(limits.max_concurrency)

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
        await _send(call, response)
        response.after_sending()

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
        except ServiceError as error:
            return error_response(error, call.request_id)
        except ClientDisconnectedError:
            raise
        except Exception as error:  # noqa: BLE001  # the last resort
            logger.error("request %s: %s", call.request_id, error_location(error))
            return error_response(InternalError(), call.request_id)

    async def _answer(self, call: _Call, match: Match) -> Response:
        if match.route.is_admin:
            check_admin(call.headers, self._admin_token)
        request = Request(
            method=call.scope["method"],
            path=call.scope["path"],
            headers=call.headers,
            body=b"" if match.route.is_probe else await read_body(call.receive),
            id=call.request_id,
            received_at=time.perf_counter(),
            parameters=match.parameters,
            root_path=call.scope.get("root_path", ""),
        )
        services, route = self._services(), match.route
        if route.is_probe:
            return route.handler(services, request)
        return await with_fresh_state(
            services, lambda: self.dispatcher.run(route, route.handler, services, request)
        )


async def _send(call: _Call, response: Response) -> None:
    headers = {"X-Request-ID": call.request_id, **response.headers}
    if response.status != 204:
        length = str(len(response.body))
        headers = {"Content-Type": "application/json", "Content-Length": length, **headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    body = b"" if call.scope["method"] == "HEAD" else response.body
    await call.send({"type": "http.response.start", "status": response.status, "headers": raw})
    await call.send({"type": "http.response.body", "body": body})

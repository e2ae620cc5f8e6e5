"""Runs handlers: within the concurrency cap, on the event loop if small, on threads otherwise."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from service.errors import OverloadedError
from service.http.admission.fair_lock import FairLock
from service.http.api.route import Handler, Route
from service.http.messages import Request, Response
from service.http.services import Services
from service.observability import metrics

INLINE_BODY_BYTES = 2 * 1024
"""Larger bodies run on a thread: inference takes time by the word, and probes must not wait."""
INFERENCE_THREADS = 4
RETRY_AFTER_S = 1
REFUSAL_DELAY_S = 0.25
"""429s are delayed so that clients that ignore `Retry-After` cannot starve accepted requests."""


class Dispatcher:
    """Runs the handlers of one worker."""

    def __init__(self, max_concurrency: int) -> None:
        """Make the threads.

        Args:
            max_concurrency: capped requests that the worker holds at once.
        """
        self._max_concurrency, self._in_flight = max_concurrency, 0
        # Two pools: long texts must not keep an administrator from changing the policy.
        self._inference_pool = ThreadPoolExecutor(INFERENCE_THREADS, "inference")
        self._other_pool = ThreadPoolExecutor(1, "other")
        self._fair_lock = FairLock()

    @property
    def in_flight(self) -> int:
        """Capped requests that are being worked on."""
        return self._in_flight

    async def run(
        self, route: Route, handler: Handler, services: Services, request: Request
    ) -> Response:
        """Answer a request whose body has been read.

        Raises:
            OverloadedError: the route is capped and the worker is full.
            ServiceError: raised by the handler.
        """
        if not route.is_capped:
            return await self._execute(route, handler, services, request)
        async with self._slot():
            return await self._execute(route, handler, services, request)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """A place among the requests in flight. A body that trickles in does not take one."""
        if self._in_flight >= self._max_concurrency:
            metrics.SHED.labels("concurrency").inc()
            await asyncio.sleep(REFUSAL_DELAY_S)
            raise OverloadedError(RETRY_AFTER_S)
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    async def _execute(
        self, route: Route, handler: Handler, services: Services, request: Request
    ) -> Response:
        if route.is_inline and len(request.body) <= INLINE_BODY_BYTES:
            async with self._fair_lock:
                return handler(services, request)
        pool = self._inference_pool if route.is_capped else self._other_pool
        return await asyncio.get_running_loop().run_in_executor(pool, handler, services, request)

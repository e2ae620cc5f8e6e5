"""Lets requests see changes of the folders without reading a file on the event loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from service.errors import UnknownVariantError, error_location
from service.http.admission.daemon_threads import DaemonThreads
from service.http.admission.shared_call import SharedCall
from service.http.messages import Response
from service.http.services import Services

logger = logging.getLogger(__name__)

WAIT_S = 1.0
"""A request waits for a look no longer than this, and for a late look not at all."""


class FreshState:
    """Answers requests with the policy and the variants that are on disk now.

    However many requests find a change, one of them reads it for all. If the folders cannot be
    read, requests are answered with what was read before.
    """

    def __init__(self, services: Callable[[], Services], *, max_waiting: int) -> None:
        """Read nothing yet.

        Args:
            services: returns the worker's services.
            max_waiting: requests that may wait for the folders to be read.
        """
        threads = DaemonThreads("files", 1)

        def refresh() -> None:
            services().refresh()

        def search() -> None:
            services().repository.search()

        self._refresh = _Look(refresh, threads, max_waiting)
        self._search = _Look(search, threads, max_waiting)

    async def answer(
        self, services: Services, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Answer a request.

        An administrator's change is seen by every request that arrives after it, unless the disk is
        slow. An unknown variant is searched on disk once before the request is refused.

        Raises:
            OverloadedError: too many requests wait for the folders to be read.
            ServiceError: raised by `answer`.
        """
        if services.has_changed():
            await self._refresh()
        try:
            return await answer()
        except UnknownVariantError:
            await self._search()
            return await answer()


class _Look:
    """One way to look at the folders, for all requests that need it."""

    def __init__(
        self, look: Callable[[], object], threads: DaemonThreads, max_waiting: int
    ) -> None:
        self._look, self._threads = look, threads
        self._call = SharedCall(self._run, max_waiting=max_waiting)
        self._is_running = self._is_late = False
        self._problem = ""

    async def __call__(self) -> None:
        """Return after a look that begins now, or without one if it fails or takes too long."""
        if self._is_late:
            return
        try:
            async with asyncio.timeout(WAIT_S):
                await self._call()
        except TimeoutError:
            self._is_late = self._is_running

    async def _run(self) -> None:
        self._is_running = True
        try:
            await self._threads.run(self._look)
            self._problem = ""
        except Exception as error:  # noqa: BLE001  # what was read before still answers
            self._report(error_location(error))
        finally:
            self._is_running = self._is_late = False

    def _report(self, problem: str) -> None:
        """Log a problem once, not for every request."""
        if problem != self._problem:
            logger.error("looking for changes: %s", problem)
        self._problem = problem

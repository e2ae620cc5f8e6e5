"""Lets requests see changes of the folders without reading a file on the event loop."""

from collections.abc import Awaitable, Callable

from service.errors import UnknownVariantError
from service.http.admission.daemon_threads import DaemonThreads
from service.http.admission.shared_call import SharedCall
from service.http.messages import Response
from service.http.services import Services


class FreshState:
    """Answers requests with the policy and the variants that are on disk now.

    However many requests find a change, one of them reads it for all.
    """

    def __init__(self, services: Callable[[], Services], *, max_waiting: int) -> None:
        """Read nothing yet.

        Args:
            services: returns the worker's services.
            max_waiting: requests that may wait for the folders to be read.
        """
        threads = DaemonThreads("files", 1)
        self._refresh = SharedCall(lambda: threads.run(services().refresh), max_waiting=max_waiting)
        self._search = SharedCall(
            lambda: threads.run(services().repository.search), max_waiting=max_waiting
        )

    async def answer(
        self, services: Services, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Answer a request.

        An administrator's change is seen by every request that arrives after it. An unknown
        variant is searched on disk once before the request is refused.

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

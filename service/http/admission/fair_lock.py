"""A lock that gives the event loop a round between two holders.

An event loop runs everything that is ready before it looks at its sockets again. If it worked on
sixty waiting requests in one round, new connections, probes and refusals would wait for all sixty
(libuv accepts one connection a round). With this lock a round works on one request.
"""

import asyncio
from collections import deque
from types import TracebackType


class FairLock:
    """An asynchronous context manager that admits tasks in order, one a round of the event loop.

    The block must not await.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._waiters: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        waiter: asyncio.Future[None] | None = None
        if self._is_held:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
        self._is_held = True
        try:
            await (asyncio.sleep(0) if waiter is None else waiter)
        except asyncio.CancelledError:
            if waiter is None or not waiter.cancelled():
                self._release()  # the lock had been handed to this task already
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._release()

    def _release(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)  # its task resumes in the next round
                return
        self._is_held = False

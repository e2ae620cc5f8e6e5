"""A costly call that runs once at a time; all callers that wait share its result."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from service.http.admission.refusals import overloaded

T = TypeVar("T")


class SharedCall(Generic[T]):
    """Every caller gets the result of a run that began after it came."""

    def __init__(self, function: Callable[[], Awaitable[T]], *, max_waiting: int) -> None:
        """Run nothing yet.

        Args:
            function: the call.
            max_waiting: callers that may wait for a result.
        """
        self._function = function
        self._max_waiting, self._waiting = max_waiting, 0
        self._running: asyncio.Future[T] | None = None
        self._next: asyncio.Future[T] | None = None

    async def __call__(self) -> T:
        """The result.

        Raises:
            OverloadedError: too many callers wait.
            Exception: what the function raises.
        """
        if self._waiting >= self._max_waiting:
            raise overloaded("queue")
        if self._next is None:
            self._next = asyncio.ensure_future(self._run(after=self._running))
        self._waiting += 1
        try:
            return await asyncio.shield(self._next)
        finally:
            self._waiting -= 1

    async def _run(self, after: asyncio.Future[T] | None) -> T:
        if after is not None and not after.done():
            await asyncio.wait((after,))
        self._running, self._next = self._next, None
        return await self._function()

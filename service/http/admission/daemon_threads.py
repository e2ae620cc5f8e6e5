"""Threads that never keep the process from ending, unlike those of `concurrent.futures`."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from service.errors import ClientDisconnectedError, OutOfResourcesError, ServiceError

T = TypeVar("T")


class DaemonThreads:
    """Up to a number of threads; each starts when it is first needed.

    Callers bound how much they submit, so the queue has no bound of its own.
    """

    def __init__(self, name: str, count: int) -> None:
        """Start none yet."""
        self._name, self._count = name, count
        self._tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._started = self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Run a function on one of the threads.

        Returns:
            What the function returns.

        Raises:
            OutOfResourcesError: the system allows no thread.
            Exception: what the function raises.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._pending += 1
        try:
            self._start_thread()
            self._tasks.put(partial(_complete, future, work))
            return await future
        finally:
            self._pending -= 1
            del future  # else an error, its frames and the future keep each other in memory

    def _start_thread(self) -> None:
        """Start another thread if there are more tasks than threads and the limit allows it."""
        if self._started >= min(self._pending, self._count):
            return
        name = f"{self._name}_{self._started}"
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except RuntimeError:  # the system allows no more threads
            if not self._started:
                raise OutOfResourcesError from None
        else:
            self._started += 1

    def _work(self) -> None:
        while True:
            self._run_next()

    def _run_next(self) -> None:
        """Run one task; afterwards nothing refers to its request any more."""
        self._tasks.get()()


def _complete(future: asyncio.Future[T], work: Callable[[], T]) -> None:
    with suppress(RuntimeError):  # the loop is closed: the process ends
        future.get_loop().call_soon_threadsafe(_outcome(work, future))


def _outcome(work: Callable[[], T], future: asyncio.Future[T]) -> Callable[[], None]:
    """Run the function, and return a callback that passes its outcome to the future."""
    try:
        return partial(_set_result, future, work())
    except (ServiceError, ClientDisconnectedError) as error:
        # The frames refer to the request and to the future, and are not logged.
        error.__context__ = None
        return partial(_set_error, future, error.with_traceback(None))
    except BaseException as error:  # noqa: BLE001  # the thread must go on
        return partial(_set_error, future, error)


def _set_result(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _set_error(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)

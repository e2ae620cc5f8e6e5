"""Runs handlers: small work on the event loop, all other on threads, each kind within its bounds.

| kind | runs | bound |
|---|---|---|
| small | on the event loop, one at a time | `max_concurrency` |
| large | on threads of its own | `large_slots`, `max_queued_large`, `max_tokens_in_work` |
| feedback | on threads of its own, which wait for the disk together | `max_queued_calls` |
| admin | on one thread | `max_queued_calls` |
| shared | once at a time, for all callers that wait | `max_queued_calls` |
| other | on one thread | `max_queued_calls` |

No kind takes the place of another: long texts do not block changes of the policy, and pages do not
block long texts.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from service.errors import (
    ClientDisconnectedError,
    DeadlineExceededError,
    ShuttingDownError,
)
from service.http.admission.daemon_threads import DaemonThreads
from service.http.admission.fair_lock import FairLock
from service.http.admission.job import Job
from service.http.admission.refusals import overloaded
from service.http.admission.shared_call import SharedCall
from service.http.admission.slots import Slots
from service.http.api.route import Route
from service.http.asgi_types import Receive
from service.http.messages import Request, Response
from service.http.services import Services
from service.inference.work_budget import WorkBudget
from service.limits import SMALL_BODY_BYTES, Limits

FEEDBACK_THREADS = 8
"""Feedback that one flush of the disk may write."""
_PAUSE_S = 0.05


class _Lane:
    """Slots and the threads that work on their jobs."""

    def __init__(
        self, name: str, size: int, *, max_waiting: int, max_cost: int | None = None
    ) -> None:
        self.slots = Slots(size, max_waiting=max_waiting, max_cost=max_cost)
        self.threads = DaemonThreads(name, size)


class Dispatcher:
    """Runs the handlers of one worker."""

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing to do."""
        self._limits, self._small_in_flight = limits, 0
        self._fair_lock = FairLock()
        self._large = _Lane(
            "inference",
            limits.large_slots,
            max_waiting=limits.max_queued_large,
            max_cost=limits.max_tokens_in_work,
        )
        self._feedback = _Lane("feedback", FEEDBACK_THREADS, max_waiting=limits.max_queued_calls)
        self._admin = _Lane("admin", 1, max_waiting=limits.max_queued_calls)
        self._other = _Lane("other", 1, max_waiting=limits.max_queued_calls)
        self._shared: dict[str, SharedCall[Response]] = {}
        """By path."""
        self._jobs: set[Job] = set()

    @property
    def in_flight(self) -> int:
        """Requests that run or wait."""
        return self._small_in_flight + len(self._jobs)

    async def run(
        self, route: Route, services: Services, request: Request, receive: Receive
    ) -> Response:
        """Answer a request whose body has been read.

        Args:
            route: the call.
            services: what the handler works with.
            request: the request.
            receive: tells when the client is gone; not used for small requests.

        Raises:
            OverloadedError: the worker has no place for the request.
            ClientDisconnectedError: the client has closed the connection.
            ServiceError: raised by the handler, or as the checks of `WorkBudget`.
        """
        if route.is_inline and len(request.body) <= SMALL_BODY_BYTES:
            return await self._run_small(route, services, request)
        if route.is_shared:
            return await self._share(route, services, request)
        async with self._job(request, receive) as job:
            lane, bounded = self._lane(route), request._replace(budget=job.budget)
            async with lane.slots.hold(job):
                return await lane.threads.run(lambda: route.handler(services, bounded))

    def stop(self, *, grace_s: float) -> None:
        """Refuse what waits for a slot, and what runs once the grace is over."""
        loop = asyncio.get_running_loop()
        for job in self._jobs:
            if job.has_begun:
                loop.call_later(grace_s, job.stop, ShuttingDownError)
            else:
                job.stop(ShuttingDownError)

    def _lane(self, route: Route) -> _Lane:
        if route.is_inference:
            return self._large
        if route.is_feedback:
            return self._feedback
        return self._admin if route.is_admin else self._other

    async def _share(self, route: Route, services: Services, request: Request) -> Response:
        if route.path not in self._shared:
            threads = DaemonThreads("shared", 1)
            bare = request._replace(body=b"", headers={})  # it lives as long as the worker
            self._shared[route.path] = SharedCall(
                lambda: threads.run(lambda: route.handler(services, bare)),
                max_waiting=self._limits.max_queued_calls,
            )
        return await self._shared[route.path]()

    async def _run_small(self, route: Route, services: Services, request: Request) -> Response:
        if self._small_in_flight >= self._limits.max_concurrency:
            raise overloaded("concurrency")
        self._small_in_flight += 1
        try:
            async with self._fair_lock:
                return route.handler(services, request)
        finally:
            self._small_in_flight -= 1

    @asynccontextmanager
    async def _job(self, request: Request, receive: Receive) -> AsyncIterator[Job]:
        """A job that ends early if the client goes or the deadline passes."""
        limits = self._limits
        budget = WorkBudget(max_tokens=limits.max_request_tokens, seconds=limits.request_deadline_s)
        job = Job(cost=len(request.body), budget=budget)
        late = partial(DeadlineExceededError, limits.request_deadline_s)
        loop = asyncio.get_running_loop()
        deadline = loop.call_later(limits.request_deadline_s, job.stop, late)
        watcher = asyncio.create_task(_stop_when_gone(job, receive))
        self._jobs.add(job)
        try:
            yield job
        finally:
            self._jobs.discard(job)
            deadline.cancel()
            watcher.cancel()


async def _stop_when_gone(job: Job, receive: Receive) -> None:
    """Stop a job once its client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(_PAUSE_S)  # a server may repeat the end of the body
    job.stop(ClientDisconnectedError)

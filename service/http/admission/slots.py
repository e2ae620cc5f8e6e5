"""A number of jobs that may run at once; others wait within bounds, the smallest first."""

import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import NamedTuple

from service.http.admission.job import Job
from service.http.admission.refusals import overloaded
from service.limits import MEDIUM_BODY_BYTES

HEAVY_COST = MEDIUM_BODY_BYTES
"""Larger jobs can run for seconds; they leave one slot to smaller jobs."""


class _Waiting(NamedTuple):
    cost: int
    order: int
    job: Job


class Slots:
    """Slots for the jobs of one kind."""

    def __init__(self, size: int, *, max_waiting: int, max_cost: int | None = None) -> None:
        """Begin with all slots free.

        Args:
            size: jobs that run at once.
            max_waiting: jobs that may wait.
            max_cost: cost of all jobs, running or waiting; None for any.
        """
        self._size, self._heavy_size = size, max(1, size - 1)
        self._max_waiting, self._max_cost = max_waiting, max_cost
        self._running = self._heavy_running = self._cost = 0
        self._waiting: list[_Waiting] = []
        self._order = count()

    @property
    def running(self) -> int:
        """Jobs that hold a slot."""
        return self._running

    @property
    def waiting(self) -> int:
        """Jobs that wait for one."""
        return len(self._waiting)

    @asynccontextmanager
    async def hold(self, job: Job) -> AsyncIterator[None]:
        """Wait for a slot, and hold it.

        Raises:
            OverloadedError: too many jobs wait, or their cost is too high.
            Exception: as `WorkBudget.check`, if the job was stopped while it waited.
        """
        self._enter(job)
        try:
            await job.wait_ended
            job.budget.check()
            yield
        finally:
            self._leave(job)

    def _enter(self, job: Job) -> None:
        """Queue a job, and start it at once if a slot is free."""
        if self._max_cost is not None and self._cost + job.cost > self._max_cost:
            raise overloaded("tokens")
        if not self._is_free(job) and self.waiting >= self._max_waiting:
            raise overloaded("queue")
        self._cost += job.cost
        heapq.heappush(self._waiting, _Waiting(job.cost, next(self._order), job))
        self._start_next()

    def _start_next(self) -> None:
        """Start waiting jobs while there are slots for them."""
        while self._waiting and self._is_free(self._waiting[0].job):
            job = heapq.heappop(self._waiting).job
            if not job.wait_ended.done():
                self._running += 1
                self._heavy_running += job.cost > HEAVY_COST
                job.begin()

    def _is_free(self, job: Job) -> bool:
        is_heavy = job.cost > HEAVY_COST
        return self._running < self._size and not (
            is_heavy and self._heavy_running >= self._heavy_size
        )

    def _leave(self, job: Job) -> None:
        """Free what a job held, whether it ran or was stopped before."""
        self._cost -= job.cost
        if job.has_begun:
            self._running -= 1
            self._heavy_running -= job.cost > HEAVY_COST
        else:
            self._waiting = [waiting for waiting in self._waiting if waiting.job is not job]
            heapq.heapify(self._waiting)
        self._start_next()

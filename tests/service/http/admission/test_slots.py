"""Slots: order, bounds and what becomes of stopped jobs."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from service.errors import ClientDisconnectedError, OverloadedError, ShuttingDownError
from service.http.admission.job import Job
from service.http.admission.slots import HEAVY_COST, Slots
from service.inference.work_budget import WorkBudget


class Running:
    """Jobs in slots, each until it is told to end."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.jobs: dict[str, Job] = {}

    async def start(self, name: str, cost: int = 1) -> None:
        self.jobs[name] = Job(cost=cost, budget=WorkBudget())
        self.ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._hold(name))
        await settle()

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await self.tasks[name]
        await settle()

    async def _hold(self, name: str) -> None:
        async with self.slots.hold(self.jobs[name]):
            self.begun.append(name)
            await self.ends[name].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(slots: Slots, scenario: Callable[[Running], Awaitable[None]]) -> None:
    async def go() -> None:
        running = Running(slots)
        try:
            await scenario(running)
        finally:
            for task in running.tasks.values():
                task.cancel()
        await settle()
        assert (slots.running, slots.waiting) == (0, 0)

    asyncio.run(go())


def test_the_smallest_waiting_job_begins_next() -> None:
    async def scenario(running: Running) -> None:
        for name, cost in (("first", 5), ("big", 9), ("small", 2), ("small too", 2)):
            await running.start(name, cost)
        assert (running.begun, running.slots.waiting) == (["first"], 3)
        for name in ("first", "small", "small too", "big"):
            await running.end(name)
        assert running.begun == ["first", "small", "small too", "big"]

    run(Slots(1, max_waiting=9), scenario)


def test_a_full_queue_refuses_and_admits_again() -> None:
    async def scenario(running: Running) -> None:
        await running.start("runs")
        await running.start("waits")
        await running.start("refused")
        with pytest.raises(OverloadedError):
            await running.tasks["refused"]
        await running.end("runs")
        await running.start("again")
        assert running.slots.waiting == 1

    run(Slots(1, max_waiting=1), scenario)


def test_without_a_queue_a_free_slot_is_still_used() -> None:
    async def scenario(running: Running) -> None:
        await running.start("runs")
        assert running.begun == ["runs"]

    run(Slots(1, max_waiting=0), scenario)


def test_the_sum_of_costs_is_bounded() -> None:
    async def scenario(running: Running) -> None:
        await running.start("runs", 6)
        await running.start("waits", 4)
        await running.start("refused", 1)
        with pytest.raises(OverloadedError):
            await running.tasks["refused"]
        await running.end("runs")
        await running.start("later", 6)
        assert running.slots.waiting == 1

    run(Slots(1, max_waiting=9, max_cost=10), scenario)


def test_heavy_jobs_leave_a_slot_to_the_others() -> None:
    async def scenario(running: Running) -> None:
        await running.start("heavy", HEAVY_COST + 1)
        await running.start("heavy too", HEAVY_COST + 1)
        await running.start("light", HEAVY_COST)
        assert running.begun == ["heavy", "light"]
        await running.end("light")
        assert running.begun == ["heavy", "light"]
        await running.end("heavy")
        assert running.begun == ["heavy", "light", "heavy too"]

    run(Slots(2, max_waiting=9), scenario)


def test_a_single_slot_takes_heavy_jobs() -> None:
    async def scenario(running: Running) -> None:
        await running.start("heavy", HEAVY_COST + 1)
        assert running.begun == ["heavy"]

    run(Slots(1, max_waiting=9), scenario)


def test_a_stopped_job_leaves_the_queue_at_once_and_never_begins() -> None:
    async def scenario(running: Running) -> None:
        for name in ("runs", "gone", "waits"):
            await running.start(name)
        running.jobs["gone"].stop(ClientDisconnectedError)
        running.jobs["gone"].stop(ShuttingDownError)  # the first reason counts
        with pytest.raises(ClientDisconnectedError):
            await running.tasks["gone"]
        assert running.slots.waiting == 1
        await running.end("runs")
        assert running.begun == ["runs", "waits"]

    run(Slots(1, max_waiting=9), scenario)


def test_a_running_job_that_is_stopped_fails_its_next_check_only() -> None:
    async def scenario(running: Running) -> None:
        await running.start("runs")
        job = running.jobs["runs"]
        job.stop(ShuttingDownError)
        assert job.has_begun
        with pytest.raises(ShuttingDownError):
            job.budget.check()
        assert running.slots.running == 1

    run(Slots(1, max_waiting=9), scenario)


def test_a_job_that_is_cancelled_as_it_begins_frees_its_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(running: Running) -> None:
        await running.start("runs")
        await running.start("cancelled")
        job, task = running.jobs["cancelled"], running.tasks["cancelled"]
        begin = job.begin

        def begin_and_cancel() -> None:
            begin()
            task.cancel()  # before the task can go on

        monkeypatch.setattr(job, "begin", begin_and_cancel)
        await running.end("runs")
        await running.start("next")
        assert running.begun == ["runs", "next"]

    run(Slots(1, max_waiting=9), scenario)

"""Shared calls: one at a time, and results that began after the caller came."""

import asyncio

import pytest

from service.errors import OverloadedError
from service.http.admission.shared_call import SharedCall


class Function:
    """Counts its runs; each lasts until it is told to end."""

    def __init__(self) -> None:
        self.begun, self.running, self.most = 0, 0, 0
        self.gate = asyncio.Semaphore(0)
        self.error: Exception | None = None

    async def __call__(self) -> int:
        self.begun += 1
        own = self.begun
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.acquire()
        self.running -= 1
        if self.error is not None:
            raise self.error
        return own


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def test_callers_share_the_next_run_but_not_the_one_that_has_begun() -> None:
    async def go() -> None:
        function = Function()
        call = SharedCall(function, max_waiting=9)
        first = asyncio.create_task(call())
        await settle()
        others = [asyncio.create_task(call()) for _ in range(4)]
        await settle()
        assert function.begun == 1
        function.gate.release()
        function.gate.release()
        assert await first == 1
        assert await asyncio.gather(*others) == [2] * 4
        function.gate.release()
        assert await call() == 3
        assert function.most == 1

    asyncio.run(go())


def test_too_many_callers_are_refused() -> None:
    async def go() -> None:
        function = Function()
        call = SharedCall(function, max_waiting=2)
        waiting = [asyncio.create_task(call()) for _ in range(2)]
        await settle()
        with pytest.raises(OverloadedError):
            await call()
        function.gate.release()
        await asyncio.gather(*waiting)
        function.gate.release()
        assert await call() == 2

    asyncio.run(go())


def test_an_error_reaches_all_its_callers_and_the_next_call_runs_again() -> None:
    async def go() -> None:
        function = Function()
        function.error = LookupError()
        call = SharedCall(function, max_waiting=9)
        function.gate.release()
        waiting = [asyncio.create_task(call()) for _ in range(3)]
        assert [type(e) for e in await asyncio.gather(*waiting, return_exceptions=True)] == [
            LookupError
        ] * 3
        function.error = None
        function.gate.release()
        assert await call() == 2

    asyncio.run(go())


def test_a_caller_that_leaves_does_not_end_the_run() -> None:
    async def go() -> None:
        function = Function()
        call = SharedCall(function, max_waiting=2)
        leaves, stays = (asyncio.create_task(call()) for _ in range(2))
        await settle()
        leaves.cancel()
        function.gate.release()
        assert await stays == 1

    asyncio.run(go())

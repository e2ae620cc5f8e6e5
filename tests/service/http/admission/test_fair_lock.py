"""The lock admits one holder in each round of the event loop, in the order of the requests."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from service.http.admission.fair_lock import FairLock


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 10))


def test_holders_come_in_order_with_a_round_of_the_loop_between_two() -> None:
    async def go() -> None:
        lock, events = FairLock(), []

        async def work(name: str) -> None:
            async with lock:
                events.append(name)

        async def others() -> None:
            for _ in range(30):
                events.append("-")
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            for name in "abcde":
                tasks.create_task(work(name))
            tasks.create_task(others())
        text = "".join(events)
        assert text.replace("-", "") == "abcde"
        assert "--" not in text.strip("-")
        assert all(f"{one}{two}" not in text for one, two in zip("abcd", "bcde", strict=True))

    run(go())


def test_a_cancelled_task_does_not_block_the_others() -> None:
    async def go() -> None:
        lock, done = FairLock(), []

        async def work(name: str) -> None:
            async with lock:
                done.append(name)

        tasks = [asyncio.create_task(work(name)) for name in "abcd"]
        await asyncio.sleep(0)  # a holds the lock, the others wait for it
        tasks[1].cancel()
        await asyncio.sleep(0)  # a is done; the lock skipped b and is handed to c
        assert done == ["a"]
        tasks[2].cancel()  # c has been handed the lock, but has not resumed yet
        await asyncio.gather(*tasks, return_exceptions=True)
        assert done == ["a", "d"]
        await work("e")
        assert done == ["a", "d", "e"]

    run(go())


def test_a_failing_holder_releases_the_lock() -> None:
    async def go() -> None:
        lock = FairLock()

        async def fail() -> None:
            async with lock:
                raise LookupError

        found = await asyncio.gather(*(fail() for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in found] == [LookupError] * 3

    run(go())

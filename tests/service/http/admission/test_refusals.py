"""Delayed refusals, and those that are not delayed because too many are."""

import asyncio

from service.http.admission.refusals import DelayedRefusals


def test_only_so_many_refusals_wait() -> None:
    async def go() -> None:
        refusals = DelayedRefusals(2, seconds=0.05)
        waiting = [asyncio.create_task(refusals.delay()) for _ in range(2)]
        await asyncio.sleep(0)
        assert refusals.is_full
        await asyncio.wait_for(refusals.delay(), 0.04)  # at once
        assert not any(task.done() for task in waiting)
        await asyncio.gather(*waiting)
        assert not refusals.is_full

    asyncio.run(go())


def test_a_refusal_whose_client_goes_frees_its_place() -> None:
    async def go() -> None:
        refusals = DelayedRefusals(1, seconds=30)
        waiting = asyncio.create_task(refusals.delay())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not refusals.is_full

    asyncio.run(go())

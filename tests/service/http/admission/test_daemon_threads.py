"""Threads: results, errors, their number, and that they end with the process."""

import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from contextlib import suppress

import pytest

from service.errors import NotFoundError, OutOfResourcesError
from service.http.admission.daemon_threads import DaemonThreads


def test_results_and_errors_reach_the_caller() -> None:
    async def go() -> None:
        threads = DaemonThreads("t", 2)
        assert await threads.run(lambda: threading.current_thread().name) == "t_0"
        for error in (LookupError("x"), NotFoundError("x")):
            with pytest.raises(type(error)) as found:
                await threads.run(lambda error=error: raise_(error))
            assert found.value is error
        assert await threads.run(lambda: 3) == 3

    asyncio.run(go())


def raise_(error: Exception) -> None:
    raise error


def test_threads_start_when_they_are_needed() -> None:
    async def go() -> None:
        threads, gate = DaemonThreads("t", 2), threading.Event()
        for _ in range(3):
            await threads.run(lambda: None)
        assert threads._started == 1
        held = [asyncio.create_task(threads.run(lambda: gate.wait(30))) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert threads._started == 2
        gate.set()
        assert await asyncio.gather(*held) == [True] * 3

    asyncio.run(go())


def test_work_that_nobody_waits_for_any_more_does_no_harm() -> None:
    async def go() -> None:
        threads, gate = DaemonThreads("t", 1), threading.Event()
        waiting = asyncio.create_task(threads.run(lambda: gate.wait(30)))
        await asyncio.sleep(0.01)
        waiting.cancel()
        gate.set()
        assert await threads.run(lambda: 1) == 1

    asyncio.run(go())


def test_nothing_keeps_the_request_after_an_error() -> None:
    class Body:
        pass

    def fail(body: Body) -> None:
        try:
            int("x")
        except ValueError:
            raise NotFoundError("x") from None

    async def go() -> None:
        threads, body = DaemonThreads("t", 1), Body()
        alive = weakref.ref(body)
        with suppress(NotFoundError):
            await threads.run(lambda body=body: fail(body))
        del body
        await threads.run(lambda: None)
        assert alive() is None

    gc.disable()
    try:
        asyncio.run(go())
    finally:
        gc.enable()


def test_a_system_without_threads_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def go() -> None:
        threads = DaemonThreads("t", 1)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(OutOfResourcesError):
            await threads.run(lambda: 1)
        monkeypatch.undo()
        assert await threads.run(lambda: 1) == 1

    asyncio.run(go())


def test_a_process_ends_though_a_thread_still_works() -> None:
    program = """
import asyncio, time
from service.http.admission.daemon_threads import DaemonThreads

async def main():
    asyncio.create_task(DaemonThreads("t", 1).run(lambda: time.sleep(60)))
    await asyncio.sleep(0.01)

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=30, check=False)
    assert done.returncode == 0

"""A worker at its limits, whose variants wait for the test."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgemood import Classifier
from service.limits import Limits
from service.schemas import MAX_BODY_BYTES

JSON = {"content-type": "application/json"}
LARGE = {"texts": ["happy " * 1600] * 10}
SMALL = {"text": "happy"}
AssertError = Callable[..., None]


async def half_a_body() -> AsyncIterator[bytes]:
    """Half of the largest body, and no more."""
    yield b" " * (MAX_BODY_BYTES // 2)
    await asyncio.sleep(20)


class Overload:
    """A worker under given limits, whose variants wait until the test lets them go on."""

    def __init__(self, setup: Any, gate: threading.Event) -> None:
        self.setup, self.gate = setup, gate
        self.middleware = setup.middleware

    def run(self, scenario: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            async with self.setup.client() as client:
                try:
                    await asyncio.wait_for(scenario(client), 20)
                finally:
                    self.gate.set()

        asyncio.run(go())

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.002)


@pytest.fixture
def overload(
    setup: Any, variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Overload]:
    def make(**limits: Any) -> Overload:
        gate, logits = threading.Event(), Classifier.logits

        def slow(classifier: Classifier, batch: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                assert gate.wait(20)
            return logits(classifier, batch)

        own = type(setup)(variants, tmp_path / "own", limits=Limits(**limits))
        monkeypatch.setattr(Classifier, "logits", slow)
        return Overload(own, gate)

    return make

"""One after the other, with a look at the sockets between two.

An event loop runs everything that is ready before it looks at its sockets again. Where sixty
requests have come, and each is worked on at once, new connections wait for all sixty (libuv accepts
one a round), probes do, and so do those that are to be told that the server is full.
"""

import asyncio
from collections import deque
from types import TracebackType


class Turns:
    """`async with` it: one task goes on in each round of the event loop, in the order they asked.

    The block must not await.
    """

    def __init__(self) -> None:
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if not self._taken:
            self._taken = True
            turn = None
        else:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
        try:
            await (asyncio.sleep(0) if turn is None else turn)
        except asyncio.CancelledError:
            if turn is None or not turn.cancelled():
                self._give()  # it was this task's turn
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._give()

    def _give(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)  # its task goes on in the next round
                return
        self._taken = False

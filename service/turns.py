"""One after the other, with a look at the sockets between two.

An event loop runs everything that is ready before it looks at its sockets again. Where sixty
requests have come, and each is worked on at once, new connections wait for all sixty (libuv accepts
one a round), probes do, and so do those that are to be told that the server is full.
"""

import asyncio
from collections import deque


class Turns:
    """Lets one task go on in each round of the event loop, in the order in which they asked."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a turn. What the caller does until it next awaits is its turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            loop.call_soon(self._next, loop)
        await turn

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        turn = self._waiting.popleft()
        if not turn.done():  # its task may have been cancelled
            turn.set_result(None)  # the task goes on in the next round
        if self._waiting:
            loop.call_soon(self._next, loop)

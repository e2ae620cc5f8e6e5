"""Refusals of an overloaded worker: they are counted, and delayed.

Clients that ignore `Retry-After` cannot starve accepted requests if each refusal takes a while.
"""

import asyncio

from service.errors import OverloadedError
from service.observability import metrics

REFUSAL_DELAY_S = 0.25


class DelayedRefusals:
    """Delays a number of refusals at once; each takes memory, so any more are sent at once."""

    def __init__(self, limit: int, seconds: float = REFUSAL_DELAY_S) -> None:
        """Begin without any."""
        self._limit, self._seconds = limit, seconds
        self._waiting = 0

    @property
    def is_full(self) -> bool:
        """Whether no more refusals are delayed."""
        return self._waiting >= self._limit

    async def delay(self) -> None:
        """Return after the delay, or at once if too many wait."""
        if self.is_full:
            return
        self._waiting += 1
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self._waiting -= 1


def overloaded(limit: str) -> OverloadedError:
    """Count a request that reaches a limit, and return the error for its caller.

    Args:
        limit: one of `metrics.SHED_REASONS`.
    """
    metrics.SHED.labels(limit).inc()
    return OverloadedError()

"""Times the stages of one attempt."""

import time

from service.observability.metrics import Stage


class Stopwatch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._started = self._lap_started = time.perf_counter()
        self.seconds: dict[Stage, float] = {}
        """Stage -> duration."""

    def lap(self, stage: Stage) -> None:
        """End a stage; it began when the one before ended."""
        now = time.perf_counter()
        self.seconds[stage] = now - self._lap_started
        self._lap_started = now

    @property
    def total(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

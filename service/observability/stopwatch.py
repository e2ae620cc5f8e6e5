"""Times the stages of one attempt."""

import time

from service.observability.metrics import Stage


class Stopwatch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._started = self._lap_started = time.perf_counter()
        self.seconds: dict[Stage, float] = {}
        """Stage -> duration, all its laps together."""

    def lap(self, stage: Stage) -> None:
        """Add the time since the lap before to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._lap_started
        self._lap_started = now

    @property
    def total(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

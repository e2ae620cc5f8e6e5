"""How requests arrive: evenly, in bursts, or in steps."""

import random
import time
from collections.abc import Callable

from locust import LoadTestShape, User

ARRIVALS = ("steady", "bursty", "steps")
BURSTINESS = 0.25
"""Shape of the gamma distribution; 1 would be Poisson, less comes in clusters."""

Wait = Callable[[User], float]


def steady(rate: float) -> Wait:
    """Each user sends so many requests a second, however long the answers take."""

    def wait(user: User) -> float:
        now = time.monotonic()
        due = max(getattr(user, "due", now), now - 1.0) + 1.0 / rate
        user.due = due  # type: ignore[attr-defined]
        return max(0.0, due - now)

    return wait


def bursty(rate: float, chance: random.Random) -> Wait:
    """The gaps between a user's requests are gamma-distributed around the same mean."""

    def wait(user: User) -> float:
        del user
        return chance.gammavariate(BURSTINESS, 1.0 / (rate * BURSTINESS))

    return wait


def stage(elapsed_s: float, duration_s: float, users: int, steps: int = 4) -> int:
    """How many users there are at this moment when they come in equal steps."""
    reached = min(steps, int(elapsed_s / duration_s * steps) + 1)
    return max(1, round(users * reached / steps))


class Steps(LoadTestShape):
    """A quarter of the users, then half of them, and so on."""

    def __init__(self, users: int, duration_s: float) -> None:
        super().__init__()
        self._users, self._duration_s = users, duration_s

    def tick(self) -> tuple[int, float] | None:
        """Users now, and how fast they come."""
        elapsed = self.get_run_time()
        if elapsed > self._duration_s:
            return None
        users = stage(elapsed, self._duration_s, self._users)
        return users, float(self._users)

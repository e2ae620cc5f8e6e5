"""Arrival patterns: a constant rate, bursts, or a number of users that grows in steps."""

import random
import time
from collections.abc import Callable

from locust import LoadTestShape

ARRIVALS = ("steady", "bursty", "steps")
BURST_SHAPE = 0.25
"""Shape parameter of the gaps' gamma distribution; 1 gives Poisson arrivals, less gives bursts."""
STEPS = 4
MAX_LAG_S = 1.0
"""Requests that are due for longer are dropped."""

WaitTime = Callable[[], float]
"""Gives the seconds until one user's next request."""


def wait_time(arrivals: str, rate: float, rng: random.Random) -> WaitTime:
    """The waiting times of one user.

    Args:
        arrivals: one of `ARRIVALS`.
        rate: requests per second.
        rng: generates the user's phase or the gaps of its bursts.
    """
    return (bursty if arrivals == "bursty" else steady)(rate, rng)


def steady(
    rate: float, rng: random.Random, clock: Callable[[], float] = time.monotonic
) -> WaitTime:
    """Evenly spaced requests, independent of latency; a late user catches up to one second.

    Each user has a random phase. Locust's `constant_throughput` would count from the user's start,
    and users that start together would send all their requests together.
    """
    due: float | None = None

    def wait() -> float:
        nonlocal due
        now = clock()
        if due is None:
            due = now + rng.uniform(0.0, 1.0 / rate)
        else:
            due = max(due, now - MAX_LAG_S) + 1.0 / rate
        return max(0.0, due - now)

    return wait


def bursty(rate: float, rng: random.Random) -> WaitTime:
    """Gamma-distributed gaps with mean `1 / rate`, independent of latency."""
    return lambda: rng.gammavariate(BURST_SHAPE, 1.0 / (rate * BURST_SHAPE))


def users_at(elapsed_s: float, duration_s: float, users: int, steps: int = STEPS) -> int:
    """The number of users at a time when it grows in equal steps."""
    step = min(steps, int(elapsed_s / duration_s * steps) + 1)
    return max(1, round(users * step / steps))


class Steps(LoadTestShape):
    """A quarter of the users, then half of them, and so on."""

    def __init__(self, users: int, duration_s: float) -> None:
        super().__init__()
        self._users, self._duration_s = users, duration_s

    def tick(self) -> tuple[int, float] | None:
        """Users at this moment and spawn rate, or None at the end."""
        elapsed_s = self.get_run_time()
        if elapsed_s > self._duration_s:
            return None
        return users_at(elapsed_s, self._duration_s, self._users), float(self._users)

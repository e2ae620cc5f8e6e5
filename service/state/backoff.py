"""When something that failed is tried again: at growing intervals."""

import time

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 60.0


class Backoff:
    """Doubles the delay at each failure, from one second to a minute."""

    def __init__(self) -> None:
        """Begin without a failure; nothing is due."""
        self._delay_s = 0.0
        self._due_at: float | None = None

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next attempt; False without a failure before."""
        return self._due_at is not None and time.monotonic() >= self._due_at

    def fail(self) -> None:
        """Wait twice as long as after the failure before."""
        self._delay_s = min(2 * self._delay_s, LONGEST_DELAY_S) or FIRST_DELAY_S
        self._due_at = time.monotonic() + self._delay_s

    def check_once_more(self) -> None:
        """Ask for one more attempt after a success that may have come too early."""
        self._delay_s = 0.0
        self._due_at = time.monotonic() + FIRST_DELAY_S

    def reset(self) -> None:
        """Forget all failures."""
        self._delay_s, self._due_at = 0.0, None

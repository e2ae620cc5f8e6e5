"""Progress of work that takes longer than a moment, on standard error."""

import sys
import time

_QUIET_SECONDS = 2.0
_EVERY_SECONDS = 1.0


class Progress:
    """Shows a percentage once a second, beginning after two seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = time.monotonic() + _QUIET_SECONDS
        self._open = False

    def __call__(self, done: int, of: int) -> None:
        """Show how much is done, unless it was shown a moment ago."""
        now = time.monotonic()
        if now >= self._next and sys.stderr:
            self._next = now + _EVERY_SECONDS
            self._open = sys.stderr.isatty()
            line = f"{self._what}: {done / of:4.0%}"
            sys.stderr.write(f"\r{line}" if self._open else f"{line}\n")
            sys.stderr.flush()

    def end(self) -> None:
        """End the line, if there is one."""
        if self._open:
            sys.stderr.write("\n")

"""The resident memory of this process: as a gauge, and given back to the system.

The C library keeps freed memory for later. After a burst of large requests that is several times
what the service needs, so a worker returns it.
"""

import ctypes
import os
import time
from collections.abc import Callable
from pathlib import Path

from service.observability.metrics import PROCESS_RESIDENT_BYTES

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SPARE_BYTES = 4 * 1024 * 1024
"""Growth that is left alone."""
_INTERVAL_S, _LONGEST_INTERVAL_S = 5.0, 640.0
"""Returning memory takes a few milliseconds, in which other threads may wait for memory. The
interval doubles each time that little was free."""


def resident_bytes() -> int | None:
    """The system's figure; None if it cannot be read."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return None


def return_free_memory() -> None:
    """Return memory that is free to the system, if the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class ProcessMemory:
    """Watches the memory of this process."""

    def __init__(
        self,
        *,
        resident: Callable[[], int | None] = resident_bytes,
        return_free: Callable[[], None] = return_free_memory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            resident: returns the resident bytes.
            return_free: returns free memory to the system.
            clock: returns seconds.
        """
        self._resident, self._return_free, self._clock = resident, return_free, clock
        self._lowest: int | None = None
        self._interval, self._due_at = _INTERVAL_S, clock()

    def look(self) -> None:
        """Set the gauge, and return free memory if there may be some.

        The gauge stays as it is if the figure cannot be read.
        """
        resident = self._resident()
        if resident is None:
            return
        if self._may_have_free(resident) and self._clock() >= self._due_at:
            resident = self._return(resident)
        PROCESS_RESIDENT_BYTES.set(resident)

    def _may_have_free(self, resident: int) -> bool:
        return self._lowest is None or resident > self._lowest + _SPARE_BYTES

    def _return(self, before: int) -> int:
        """Return free memory; the resident bytes after that."""
        self._return_free()
        after = self._resident() or before
        self._lowest = after if self._lowest is None else min(self._lowest, after)
        few = before - after < _SPARE_BYTES
        self._interval = min(2 * self._interval, _LONGEST_INTERVAL_S) if few else _INTERVAL_S
        self._due_at = self._clock() + self._interval
        return after

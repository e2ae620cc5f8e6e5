"""The resident memory of this process as a gauge."""

import os
import time
from pathlib import Path

from service.observability.metrics import PROCESS_RESIDENT_BYTES

_INTERVAL_S = 1.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ProcessMemory:
    """Keeps the gauge at most a second behind, and reads the system's figure only when due."""

    def __init__(self) -> None:
        self._due_at = 0.0

    def refresh(self) -> None:
        """Read the resident bytes if the last reading is a second old."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + _INTERVAL_S
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        PROCESS_RESIDENT_BYTES.set(pages * _PAGE_BYTES)

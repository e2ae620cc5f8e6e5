"""The resident memory of this process as a gauge."""

import os
from contextlib import suppress
from pathlib import Path

from service.observability.metrics import PROCESS_RESIDENT_BYTES

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def publish_resident_bytes() -> None:
    """Set the gauge to the system's figure; it stays as it is if the figure cannot be read."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        PROCESS_RESIDENT_BYTES.set(pages * _PAGE_BYTES)

"""The resident memory of this process as a gauge."""

import os
from pathlib import Path

from service.observability.metrics import PROCESS_RESIDENT_BYTES

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def publish_resident_bytes() -> None:
    """Read the resident bytes from the system and set the gauge.

    Raises:
        OSError: the system's figure cannot be read.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    PROCESS_RESIDENT_BYTES.set(pages * _PAGE_BYTES)

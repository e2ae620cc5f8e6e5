"""Files in the states that tests need."""

import time
from pathlib import Path

from service.state.file_signature import SETTLED_NS


def settle(path: Path) -> None:
    """Wait until a later change of the file is certain to change its times."""
    while time.time_ns() - path.stat().st_ctime_ns <= SETTLED_NS:
        time.sleep(0.02)

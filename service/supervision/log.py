"""The parent's log lines, in the format of the workers'."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any


def write(level: str, message: str, **fields: Any) -> None:
    """Write one line to standard error: JSON, or text if `EMOTION_LOG` says so."""
    if os.environ.get("EMOTION_LOG") == "text":
        sys.stderr.write(f"service: {message}\n")
        return
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "logger": __name__.rpartition(".")[0],
        "message": message,
        "process": os.getpid(),
        **fields,
    }
    sys.stderr.write(f"{json.dumps(entry)}\n")

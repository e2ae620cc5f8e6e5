"""The parent's log lines, in the format of the workers'."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

_STANDARD_ERROR = 2


def write(level: str, message: str, **fields: Any) -> None:
    """Write one line to standard error: JSON, or text if `EMOTION_LOG` says so.

    A line that cannot be written, as on a full disk, is lost: the workers would end with the
    parent.
    """
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "logger": __name__.rpartition(".")[0],
        "message": message,
        "process": os.getpid(),
        **fields,
    }
    is_text = os.environ.get("EMOTION_LOG") == "text"
    line = f"service: {message}" if is_text else json.dumps(entry)
    with suppress(OSError):
        os.write(_STANDARD_ERROR, f"{line}\n".encode())

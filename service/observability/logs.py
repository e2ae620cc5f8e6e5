"""One JSON object a line, for whatever collects a container's output."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from service.settings import LogFormat


class JsonFormatter(logging.Formatter):
    """Time, level, logger and message; of an error its type and place, never its words.

    The words of an error may quote a text that somebody sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)
            where = [f"{frame.filename}:{frame.lineno}" for frame in frames]
            entry |= {"error": type(error).__name__, "trace": where}
        return json.dumps(entry, ensure_ascii=False)


def set_log_format(how: LogFormat) -> None:
    """Make every handler that there is write in this way; BentoML's own way is text."""
    if how == "text":
        return
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    for logger in loggers:
        for handler in logger.handlers:
            handler.setFormatter(JsonFormatter())

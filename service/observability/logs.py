"""Log lines as JSON objects, one a line, which collectors of container logs can parse."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from service.settings import LogFormat


class JsonFormatter(logging.Formatter):
    """Formats time, level, logger, message and process; for an error, its type and trace.

    The message of an error is left out: it may quote a text that a caller sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry |= _error_fields(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False)


def _error_fields(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    trace = [f"{frame.filename}:{frame.lineno}" for frame in frames]
    return {"error": type(error).__name__, "trace": trace}


def set_log_format(log_format: LogFormat) -> None:
    """Set the format of all existing log handlers; `text` leaves BentoML's own format."""
    if log_format == "text":
        return
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    for logger in loggers:
        for handler in logger.handlers:
            handler.setFormatter(JsonFormatter())

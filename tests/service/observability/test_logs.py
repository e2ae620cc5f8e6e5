import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from service.observability.logs import JsonFormatter, set_log_format
from service.settings import LogFormat


def record(message: str, *, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("service.x", logging.ERROR, __file__, 1, message, ("a",), info)


def test_one_json_object_a_line() -> None:
    line = JsonFormatter().format(record("variant %s\nis gone: ключ"))
    assert "\n" not in line
    entry = json.loads(line)
    assert list(entry) == ["time", "level", "logger", "message", "process"]
    assert entry["level"] == "error"
    assert entry["logger"] == "service.x"
    assert entry["message"] == "variant a\nis gone: ключ"


def test_time_is_utc_in_milliseconds() -> None:
    written = record("%s")
    written.created = 1_700_000_000.1234
    entry = json.loads(JsonFormatter().format(written))
    assert entry["time"] == "2023-11-14T22:13:20.123+00:00"
    assert datetime.fromisoformat(entry["time"]).tzinfo == UTC


def test_an_error_has_type_and_trace_without_its_message() -> None:
    with pytest.raises(ValueError, match="4f1c2a") as found:
        int("4f1c2a private text")
    line = JsonFormatter().format(record("it failed: %s", error=found.value))
    assert "4f1c2a" not in line
    entry = json.loads(line)
    assert entry["error"] == "ValueError"
    assert entry["trace"][0].startswith(__file__)


def test_empty_exception_info_adds_nothing() -> None:
    written = record("%s")
    written.exc_info = (None, None, None)
    assert "error" not in json.loads(JsonFormatter().format(written))


@pytest.fixture
def handler() -> Iterator[logging.Handler]:
    """A handler of a logger other than the root; all formats are restored afterwards."""
    logger, handler = logging.getLogger("test of formats"), logging.StreamHandler()
    logger.addHandler(handler)
    others = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    before = [(h, h.formatter) for other in others for h in other.handlers]
    yield handler
    logger.removeHandler(handler)
    for other_handler, formatter in before:
        other_handler.setFormatter(formatter)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_existing_handlers_get_the_format(handler: logging.Handler, log_format: LogFormat) -> None:
    set_log_format(log_format)
    assert isinstance(handler.formatter, JsonFormatter) == (log_format == "json")

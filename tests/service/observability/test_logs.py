import json
import logging

import pytest

from service.observability.logs import JsonFormatter, set_log_format


def record(message: str, *, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("service.x", logging.ERROR, __file__, 1, message, ("a",), info)


def test_one_object_a_line() -> None:
    line = JsonFormatter().format(record("variant %s\nis gone: ключ"))
    assert "\n" not in line
    entry = json.loads(line)
    assert entry["level"] == "error"
    assert entry["logger"] == "service.x"
    assert entry["message"] == "variant a\nis gone: ключ"
    assert entry["time"].endswith("+00:00")


def test_an_error_is_placed_but_not_quoted() -> None:
    with pytest.raises(ValueError, match="4f1c2a") as found:
        int("4f1c2a private text")
    line = JsonFormatter().format(record("it failed: %s", error=found.value))
    assert "4f1c2a" not in line
    entry = json.loads(line)
    assert entry["error"] == "ValueError"
    assert entry["trace"][0].startswith(__file__)


@pytest.mark.parametrize("how", ["json", "text"])
def test_handlers_that_there_are_change_over(how: str) -> None:
    logger, handler = logging.getLogger("test of formats"), logging.StreamHandler()
    logger.addHandler(handler)
    before = [(h, h.formatter) for h in logging.getLogger().handlers]
    try:
        set_log_format(how)
        assert isinstance(handler.formatter, JsonFormatter) == (how == "json")
    finally:
        logger.removeHandler(handler)
        for other, formatter in before:
            other.setFormatter(formatter)

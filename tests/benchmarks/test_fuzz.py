"""Tracebacks in a server's log."""

import pytest

from benchmarks.fuzz import has_traceback


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ('{"level": "info", "message": "ready"}\n', False),
        ("Traceback (most recent call last):\n", True),
        ('{"level": "error", "trace": "..."}\n', True),
    ],
)
def test_traceback_is_found_in_text_and_json(log: str, found: bool) -> None:
    assert has_traceback(log) is found

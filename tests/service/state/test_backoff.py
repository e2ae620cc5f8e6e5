"""Delays double from a second to a minute."""

import pytest

from service.state import backoff
from service.state.backoff import Backoff


def test_delays_double_up_to_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(backoff.time, "monotonic", lambda: now)
    retry = Backoff()
    assert not retry.is_due
    for expected in (1, 2, 4, 8, 16, 32, 60, 60):
        retry.fail()
        now += expected - 0.01
        assert not retry.is_due
        now += 0.01
        assert retry.is_due
    retry.reset()
    assert not retry.is_due
    retry.check_once_more()
    now += 1
    assert retry.is_due

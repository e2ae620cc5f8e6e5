from typing import Any

import pytest

from service.observability import stopwatch


def test_stages_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((10.0, 10.5, 12.5, 20.0))
    clock: Any = type("Clock", (), {"perf_counter": lambda: next(now)})
    monkeypatch.setattr(stopwatch, "time", clock)
    watch = stopwatch.Stopwatch()
    watch.lap("tokenize")
    watch.lap("infer")
    assert watch.seconds == {"tokenize": 0.5, "infer": 2.0}
    assert watch.total == 10.0

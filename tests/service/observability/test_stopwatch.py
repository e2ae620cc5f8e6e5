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


def test_laps_of_one_stage_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((10.0, 10.5, 12.5, 13.5, 17.5))
    clock: Any = type("Clock", (), {"perf_counter": lambda: next(now)})
    monkeypatch.setattr(stopwatch, "time", clock)
    watch = stopwatch.Stopwatch()
    for stage in ("tokenize", "infer") * 2:
        watch.lap(stage)
    assert watch.seconds == {"tokenize": 1.5, "infer": 6.0}

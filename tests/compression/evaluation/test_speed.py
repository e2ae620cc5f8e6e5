"""Order and medians of timings, with a clock that the test advances."""

from itertools import count

import pytest

from compression.evaluation import speed
from compression.evaluation.speed import BATCH, ROUNDS, conditions, time_all


class FakeClassifier:
    """Takes a number of seconds for each call and one for each text."""

    def __init__(self, clock: "Clock", seconds: float) -> None:
        self.clock, self.seconds, self.calls = clock, seconds, 0

    def scores(self, texts: list[str]) -> None:
        self.clock.now += self.seconds + len(texts)
        self.calls += 1


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_medians_and_ratios() -> None:
    clock = Clock()
    slow, fast = FakeClassifier(clock, 7.0), FakeClassifier(clock, 1.0)
    texts = ["x"] * (3 * BATCH)
    timings = time_all({"slow": slow, "fast": fast}, texts, reference="slow", clock=clock)
    assert timings["slow"].alone_us == pytest.approx(8e6)
    assert timings["fast"].alone_us == pytest.approx(2e6)
    assert timings["slow"].alone_speedup == 1
    assert timings["fast"].alone_speedup == pytest.approx(4)
    assert timings["fast"].batched_us == pytest.approx(1e6 * (1 + BATCH) / BATCH)
    assert timings["fast"].batched_speedup == pytest.approx((7 + BATCH) / (1 + BATCH))
    assert slow.calls == 1 + ROUNDS * (len(texts) + 3)


def test_variants_are_interleaved(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    ticks = count()

    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

        def scores(self, texts: list[str]) -> None:
            order.append(self.name)

    monkeypatch.setattr(speed, "ROUNDS", 2)
    pair = {"a": Named("a"), "b": Named("b")}
    time_all(pair, ["x"], reference="a", clock=lambda: float(next(ticks)))
    assert order == ["a", "b"] + ["a", "b"] * 2 * 2


def test_conditions_count_the_texts_in_use() -> None:
    assert conditions(3).texts == 3
    assert conditions(10**6).texts == speed.TEXTS

"""Waiting times of users, and their number."""

import random

import numpy as np
import pytest

from loadtests.shapes import Steps, bursty, steady, users_at, wait_time


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_steady_requests_are_evenly_spaced_after_a_random_phase() -> None:
    clock = Clock()
    wait = steady(4.0, random.Random(0), clock)
    first = wait()
    assert 0 < first < 0.25
    clock.now += first + 0.1  # the request takes 0.1 s
    assert wait() == pytest.approx(0.15)
    other = steady(4.0, random.Random(1), clock)
    assert other() != pytest.approx(first)


def test_steady_user_catches_up_to_one_second() -> None:
    clock = Clock()
    wait = steady(4.0, random.Random(0), clock)
    clock.now += wait() + 0.6  # behind by two requests
    assert [wait(), wait()] == [0, 0]
    assert wait() == pytest.approx(0.15)
    clock.now += 60
    assert [wait() for _ in range(4)] == [0, 0, 0, pytest.approx(0)]
    assert wait() == pytest.approx(0.25)


def test_bursts_keep_the_rate_and_vary_more_than_poisson_arrivals() -> None:
    wait = bursty(10.0, random.Random(0))
    gaps = np.array([wait() for _ in range(20_000)])
    assert gaps.mean() == pytest.approx(0.1, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(2, rel=0.1)  # Poisson would have 1


def test_arrivals_choose_the_waiting_times() -> None:
    def gaps(arrivals: str) -> list[float]:
        return [wait_time(arrivals, 10.0, random.Random(seed))() for seed in range(200)]

    assert max(gaps("steady")) <= 0.1
    assert max(gaps("steps")) <= 0.1
    assert max(gaps("bursty")) > 0.3


def test_users_grow_in_equal_steps() -> None:
    assert [users_at(t, 40, 20) for t in (0, 9.9, 10, 21, 39, 40)] == [5, 5, 10, 15, 20, 20]
    assert users_at(0, 40, 1) == 1


def test_load_shape_ends_after_its_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = Steps(20, 40)
    times = iter([0.0, 25.0, 40.5])
    monkeypatch.setattr(shape, "get_run_time", lambda: next(times))
    assert [shape.tick() for _ in range(3)] == [(5, 20.0), (15, 20.0), None]

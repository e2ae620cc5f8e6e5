"""What a benchmark makes of what it saw."""

import pytest

from benchmarks.overload import IN_A_ROW, Seen, figures, recovered

USUAL = 0.003


def answers(*seconds: float, status: int = 200, first: float = 0.0) -> list[Seen]:
    found, at = [], first
    for took in seconds:
        at += took
        found.append(Seen(at, took, status, status == 429))
    return found


def test_recovery_is_the_first_of_many_good_answers() -> None:
    refused = answers(0.01, 0.01, status=429)
    good = answers(*[0.001] * (IN_A_ROW + 5), first=0.02)
    assert recovered(refused + good, USUAL) == pytest.approx(0.021)
    slow = answers(*[0.001] * 5, 0.2, first=0.02)
    good = answers(*[0.001] * IN_A_ROW, first=0.225)
    assert recovered(refused + slow + good, USUAL) == pytest.approx(0.226)


def test_figures_are_of_those_who_were_let_in() -> None:
    seen = answers(*[0.01] * 99, 0.5) + answers(0.25, 0.25, status=429)
    found = figures(seen)
    assert found["p50_ms"] == pytest.approx(10)
    assert 10 < found["p99_ms"] <= 500
    assert found["answers_per_s"] == pytest.approx(102 / 1.49, rel=0.01)
    assert found["let_in_per_s"] == pytest.approx(100 / 1.49, rel=0.01)

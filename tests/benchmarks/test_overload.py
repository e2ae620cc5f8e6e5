"""The overload benchmark's figures, from made responses."""

import pytest

from benchmarks.harness.closed_loop import Response
from benchmarks.overload import (
    RECOVERED_RESPONSES,
    judge_overload,
    percentile,
    phase_rows,
    recovered_at,
    summarize,
)

FAST_S = 0.003


def responses(*latencies: float, status: int = 200, start: float = 0.0) -> list[Response]:
    made, now = [], start
    for latency in latencies:
        now += latency
        made.append(Response(now, latency, status, has_retry_after=status == 429))
    return made


def test_recovery_is_the_first_of_many_fast_responses_in_a_row() -> None:
    refused = responses(0.01, 0.01, status=429)
    fast = responses(*[0.001] * (RECOVERED_RESPONSES + 5), start=0.02)
    assert recovered_at(refused + fast, FAST_S) == pytest.approx(0.021)
    interrupted = responses(*[0.001] * 5, 0.2, start=0.02)
    fast = responses(*[0.001] * RECOVERED_RESPONSES, start=0.225)
    assert recovered_at(refused + interrupted + fast, FAST_S) == pytest.approx(0.226)
    assert recovered_at(refused, FAST_S) == pytest.approx(0.02)


def test_latencies_are_those_of_accepted_requests() -> None:
    made = responses(*[0.01] * 99, 0.5) + responses(0.25, 0.25, status=429)
    found = summarize(made)
    assert found["p50_ms"] == pytest.approx(10)
    assert found["p99_ms"] == pytest.approx(10 + 0.01 * 490)  # 1 % of the way from 10 to 500 ms
    assert found["answers_per_s"] == pytest.approx(102 / 1.49)
    assert found["let_in_per_s"] == pytest.approx(100 / 1.49)


def test_percentiles_are_interpolated() -> None:
    assert percentile([10.0, 20.0], 50) == 15
    assert percentile([0.0, 1.0, 2.0, 3.0, 4.0], 99) == pytest.approx(3.96)


def test_overload_is_orderly_only_with_200_and_a_429_that_has_retry_after() -> None:
    good = responses(0.1) + responses(0.1, 0.1, status=429)
    assert judge_overload(good, 0.5) == {
        "statuses": {200: 1, 429: 2},
        "refused_without_retry_after": 0,
        "recovered_s": 0.5,
        "orderly": True,
    }
    assert not judge_overload(good, 1.5)["orderly"]
    assert not judge_overload(good + responses(0.1, status=503), 0.5)["orderly"]
    without = judge_overload([*good, Response(1.0, 0.1, 429, has_retry_after=False)], 0.5)
    assert (without["refused_without_retry_after"], without["orderly"]) == (1, False)


def test_rows_have_the_clients_of_each_phase() -> None:
    phase = {"answers_per_s": 2500.0, "let_in_per_s": 2000.0, "p50_ms": 1.0, "p99_ms": 3.0}
    part = {"cap": 4, "alone": phase | {"p99_ms": 2.0}, "full": phase, "over": phase}
    assert list(phase_rows(part)) == [
        ["4", "1", "2,000", "500", "1.00 ms", "2.00 ms", "1.0"],
        ["4", "4", "2,000", "500", "1.00 ms", "3.00 ms", "1.5"],
        ["4", "40", "2,000", "500", "1.00 ms", "3.00 ms", "1.5"],
    ]

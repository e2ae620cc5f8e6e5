"""When an attack counts as held, and the page."""

from typing import Any

import pytest

from benchmarks.attack import BENCHMARK, held, page
from benchmarks.attacks.kinds import ATTACKS


def row(**changes: Any) -> dict[str, Any]:
    calls = {"calls": 100, "outcomes": {"200": 100}, "p50_ms": 1.0, "p99_ms": 20.0}
    found = {
        "livez": calls,
        "classify": calls,
        "recovery_s": 0.01,
        "rss_before": 100_000_000,
        "rss_peak": 150_000_000,
        "rss_after": 105_000_000,
        "charged_peak": None,
        "alive": True,
    }
    return found | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"alive": False},
        {"recovery_s": 2.5},
        {"rss_after": 111_000_000},
        {"livez": {"calls": 9, "outcomes": {"200": 9}, "p50_ms": 1.0, "p99_ms": 120.0}},
        {"classify": {"calls": 9, "outcomes": {"200": 8, "429": 1}, "p50_ms": 1, "p99_ms": 2}},
    ],
)
def test_any_failing_breaks(changes: dict[str, Any]) -> None:
    assert held(row())
    assert not held(row(**changes))


def test_the_page_has_a_row_and_a_description_for_each_attack() -> None:
    results = {
        "conditions": {"cpu": "x", "cores": 2, "python": "3", "seconds": 10, "limit": "cgroup"},
        "memory_mib": 320,
        "attacks": {name: row() for name in ATTACKS},
    }
    lines = list(page(results))
    for name in ATTACKS:
        assert any(
            line.startswith(f"| {name} | 200 | 0 |") and "| held |" in line for line in lines
        )
        assert any(line.startswith(f"* {name}: ") for line in lines)
    assert BENCHMARK.passed(results)
    results["attacks"]["pipeline"] = row(alive=False)
    assert not BENCHMARK.passed(results)

"""The parts of the load tests that need no server."""

import random
from pathlib import Path

import numpy as np
import pytest

from loadtests import server_metrics as server
from loadtests import texts
from loadtests.objectives import ObjectivesError, Seen, missed, read

ROOT = Path(__file__).parents[2]


def test_texts_have_the_lengths_of_comments_and_fit_the_api() -> None:
    chance = random.Random(1)
    made = [texts.text(chance) for _ in range(5000)]
    words = np.array([len(text.split()) for text in made])
    assert np.median(words) == pytest.approx(12, abs=1.5)
    assert np.quantile(words, 0.95) < 48
    assert words.max() > 400
    assert all(1 <= len(text) <= 10_000 for text in made)
    assert len(set(made)) > 4900
    assert made[:5] == [texts.text(again) for again in [random.Random(1)] for _ in range(5)]
    assert all(1 <= len(texts.batch(chance)) <= 256 for _ in range(50))


def test_objectives_that_ship_are_good() -> None:
    objectives = read(ROOT / "loadtests" / "objectives.toml")
    assert set(objectives["default"]) == {"p95_ms", "p99_ms", "error_ratio"}


def test_what_is_missed_is_named() -> None:
    objectives = {"default": {"p95_ms": 50.0, "error_ratio": 0.01}, "nano": {"p95_ms": 5.0}}
    good = Seen(requests=1000, failures=10, p95_ms=50.0, p99_ms=400.0)
    slow = Seen(requests=100, failures=0, p95_ms=6.0, p99_ms=7.0)
    assert list(missed(objectives, {"fp32": good})) == []
    assert list(missed(objectives, {"fp32": good, "nano": slow})) == [
        "nano: p95_ms is 6, the objective is 5"
    ]
    failing = Seen(requests=100, failures=2, p95_ms=1.0, p99_ms=1.0)
    assert list(missed(objectives, {"fp32": failing})) == [
        "fp32: error_ratio is 0.02, the objective is 0.01"
    ]
    assert list(missed(objectives, {})) == ["no request was answered"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[default", "objectives.toml: Expected"),
        ("default = 3", "default must be a table"),
        ("[nano]\np50_ms = 3", r"nano\.p50_ms: there are: p95_ms, p99_ms, error_ratio"),
        ("[nano]\np95_ms = -3", r"nano\.p95_ms: must be a number from 0"),
        ("[nano]\np95_ms = true", r"nano\.p95_ms: must be a number"),
    ],
)
def test_objectives_that_are_wrong_are_named(content: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "objectives.toml"
    path.write_text(content)
    with pytest.raises(ObjectivesError, match=problem):
        read(path)


PAGE = """
emotion_request_duration_seconds_bucket{le="0.001",variant="nano"} %d
emotion_request_duration_seconds_bucket{variant="nano",le="0.002"} %d
emotion_request_duration_seconds_bucket{le="+Inf",variant="nano"} %d
emotion_request_duration_seconds_bucket{le="+Inf",variant="idle"} 7.0
emotion_request_duration_seconds_count{variant="nano"} 100.0
"""


def test_the_servers_side_is_what_came_in_between() -> None:
    grown = server.between(server.parsed(PAGE % (5, 5, 5)), server.parsed(PAGE % (45, 95, 105)))
    assert set(grown) == {"nano"}
    histogram = grown["nano"]
    assert histogram.requests == 100
    assert histogram.quantile_ms(0.5) == pytest.approx(1 + 10 / 50)
    assert histogram.quantile_ms(0.99) == 2
    # A server that was not scraped before: everything counts.
    assert server.between({}, server.parsed(PAGE % (40, 90, 100)))["nano"].requests == 100


def test_arrivals_keep_their_rate() -> None:
    shapes = pytest.importorskip("loadtests.shapes", reason="needs locust", exc_type=ImportError)
    wait = shapes.bursty(10.0, random.Random(0))
    gaps = np.array([wait(None) for _ in range(20_000)])
    assert gaps.mean() == pytest.approx(0.1, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(2, rel=0.1)  # Poisson would have 1
    assert [shapes.stage(t, 40, 20) for t in (0, 11, 21, 39, 40)] == [5, 10, 15, 20, 20]

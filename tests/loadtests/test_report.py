"""Rows, table, CSV file and plot of a run."""

import csv
import math
from pathlib import Path

import pytest
from locust.stats import RequestStats

from loadtests.report import COLUMNS, QUANTILES, discrepancies, rows, text_table, write
from loadtests.server_metrics import Histogram


@pytest.fixture
def stats() -> RequestStats:
    made = RequestStats()
    for milliseconds in [10] * 60 + [20] * 32 + [30] * 8:
        made.log_request("POST", "nano", milliseconds, 100)
    made.log_request("POST", "invalid input", 1, 100)
    made.log_error("POST", "nano", "status 500")
    made.log_request("POST", "fp32", 7, 100)
    return made


HISTOGRAMS = {
    "nano": Histogram({0.002: 99.0, math.inf: 100.0}),
    "fp32": Histogram({0.002: 1.0, math.inf: 1.0}),
}


def test_rows_have_both_sides_of_each_variant(stats: RequestStats) -> None:
    fp32, nano = rows(stats, HISTOGRAMS)
    assert tuple(nano) == COLUMNS
    assert (fp32["variant"], nano["variant"]) == ("fp32", "nano")
    assert (nano["requests"], nano["served"]) == (99, 100)
    assert [nano[f"client_{name}_ms"] for name in QUANTILES] == [10, 20, 30, 30]
    assert nano["server_p50_ms"] == pytest.approx(2 * 50 / 99, abs=0.001)
    assert nano["server_p99_ms"] == 2


def test_table_has_a_line_for_each_variant(stats: RequestStats) -> None:
    lines = text_table(rows(stats, HISTOGRAMS))
    assert len(lines) == 4
    assert lines[1].split() == ["variant", "responses", *QUANTILES, *QUANTILES]
    assert lines[3].split()[:6] == ["nano", "99", "10.0", "20.0", "30.0", "30.0"]
    assert len({len(line) for line in lines}) == 1


def test_different_counts_are_reported(stats: RequestStats) -> None:
    (line,) = discrepancies(rows(stats, HISTOGRAMS))
    assert line.startswith("nano: ")
    assert "99" in line
    assert "100" in line


def test_files_are_written(stats: RequestStats, tmp_path: Path) -> None:
    found = rows(stats, HISTOGRAMS)
    write(found, tmp_path / "new")
    with (tmp_path / "new" / "summary.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert read == [{key: str(value) for key, value in row.items()} for row in found]
    assert (tmp_path / "new" / "latency.png").read_bytes().startswith(b"\x89PNG")


def test_run_without_rows_writes_only_the_header(tmp_path: Path) -> None:
    write([], tmp_path)
    assert (tmp_path / "summary.csv").read_text().strip() == ",".join(COLUMNS)
    assert not (tmp_path / "latency.png").exists()

"""The command line that all benchmarks share."""

import argparse
import json
import sys
from pathlib import Path

import pytest

from benchmarks.harness.benchmark import Benchmark
from benchmarks.harness.pages import Results


def measure(options: argparse.Namespace) -> Results:
    return {"python": options.python, "seconds": options.seconds}


def must_not_measure(options: argparse.Namespace) -> Results:
    raise AssertionError


def benchmark(**changes: object) -> Benchmark:
    settings = {
        "name": "made",
        "description": "Measure nothing.\n\nMore.",
        "add_options": lambda parser: parser.add_argument("--seconds", type=int, default=5),
        "measure": measure,
        "page": lambda results: [f"{results['seconds']} s"],
    }
    return Benchmark(**settings | changes)


def test_results_of_a_measurement_are_written(tmp_path: Path) -> None:
    assert benchmark().main(["--out", str(tmp_path), "--seconds", "1"]) == 0
    results = json.loads((tmp_path / "made.json").read_text())
    assert results == {"python": sys.executable, "seconds": 1}
    assert (tmp_path / "made.md").read_text() == "1 s\n"


def test_exit_code_tells_whether_the_results_are_acceptable(tmp_path: Path) -> None:
    failing = benchmark(passed=lambda results: results["seconds"] > 5)
    assert failing.main(["--out", str(tmp_path)]) == 1
    assert (tmp_path / "made.json").exists()


def test_missing_program_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needs = benchmark(programs=("sh", "no-such-program"), measure=must_not_measure)
    assert needs.main(["--out", str(tmp_path)]) == 2
    assert "no-such-program" in capsys.readouterr().err


def test_page_of_an_earlier_run_is_written_without_measuring(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text('{"seconds": 30}')
    replay = benchmark(measure=must_not_measure, programs=("no-such-program",))
    assert replay.main(["--from", str(earlier), "--out", str(tmp_path)]) == 0
    assert (tmp_path / "made.md").read_text() == "30 s\n"

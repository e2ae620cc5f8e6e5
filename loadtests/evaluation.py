"""Evaluate a run: write its report, check the objectives, set the exit code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from locust.env import Environment
from locust.runners import MasterRunner
from locust.stats import RequestStats

from loadtests import report, server_metrics
from loadtests.address import AddressError
from loadtests.objectives import ClientStats, Objectives, violations
from loadtests.users import INVALID, LISTING


class Evaluation:
    """Compares what clients measured with the objectives and with the server's histograms."""

    def __init__(self, objectives: Objectives, folder: Path | None) -> None:
        """Prepare the evaluation.

        Args:
            objectives: that decide the exit code.
            folder: for the report's files; None writes none.
        """
        self._objectives, self._folder = objectives, folder
        self._counts_before: server_metrics.Counts | None = None
        self._unread: list[str] | None = None  # None until a test has started
        self._workers = 0

    def attach(self, environment: Environment) -> None:
        """Let a Locust environment call `begin` at the start of a test and `finish` at the end."""
        environment.events.test_start.add_listener(self.begin)
        environment.events.quitting.add_listener(self.finish)

    def begin(self, environment: Environment, **_: Any) -> None:
        """Read the server's histograms before the first request."""
        self._unread = []
        self._counts_before = self._read_counts(environment)
        if isinstance(environment.runner, MasterRunner):
            self._workers = len(environment.runner.clients)

    def finish(self, environment: Environment, **_: Any) -> None:
        """Print and write the report, and set the exit code."""
        if self._unread is None:
            return
        rows = self._rows(environment)
        if self._folder is not None:
            report.write(rows, self._folder)
        problems = [*self._unread, *problems_of(environment.stats, self._objectives)]
        verdict = [f"missed: {problem}" for problem in problems] or ["all objectives are met"]
        workers = [f"load from {self._workers} workers"] if self._workers else []
        print("\n".join(["", *report.text_table(rows), *report.discrepancies(rows)]))
        print("\n".join([*verdict, *workers]))
        environment.process_exit_code = 1 if problems else 0

    def _rows(self, environment: Environment) -> list[report.Row]:
        if self._counts_before is None:
            return []
        after = self._read_counts(environment)
        if after is None:
            return []
        return report.rows(environment.stats, server_metrics.growth(self._counts_before, after))

    def _read_counts(self, environment: Environment) -> server_metrics.Counts | None:
        """The server's counts, or None if it does not show them; `finish` reports why."""
        assert self._unread is not None
        try:
            return server_metrics.read_counts(environment.host)
        except AddressError as error:
            self._unread.append(f"the server's figures: {error}")
            return None


def problems_of(stats: RequestStats, objectives: Objectives) -> Iterator[str]:
    """Objectives that variants missed, and invalid requests with the wrong status."""
    measured = {entry.name: client_stats(entry) for entry in stats.entries.values()}
    invalid = measured.pop(INVALID, None)
    measured.pop(LISTING, None)
    yield from violations(objectives, measured)
    if invalid and invalid.failures:
        yield f"{INVALID}: {invalid.failures} responses with the wrong status"


def client_stats(entry: Any) -> ClientStats:
    """Locust's statistics of one variant."""
    return ClientStats(
        requests=entry.num_requests,
        failures=entry.num_failures,
        p95_ms=float(entry.get_response_time_percentile(0.95) or 0),
        p99_ms=float(entry.get_response_time_percentile(0.99) or 0),
    )

"""The page of `/metrics`: the numbers of all workers together, in Prometheus' format."""

import math
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from service.observability import metrics
from service.observability.merged import Definition, families
from service.observability.values import VALUES, Values
from service.observability.worker_file import PATTERN, FileDamagedError, Snapshot, read_snapshot

CONTENT_TYPE = CONTENT_TYPE_LATEST
_REMINDER_S = 3600.0
"""A file that stays damaged is logged this often."""


class Exposition(Collector):
    """Adds up the workers. A file that cannot be read is left out, logged and counted."""

    def __init__(
        self, definitions: Sequence[Definition] = metrics.ALL, values: Values = VALUES
    ) -> None:
        """Read nothing yet.

        Args:
            definitions: the metrics of the page, in order.
            values: the numbers of this process, which know the folder of the others.
        """
        self._definitions, self._values = definitions, values
        self._reported: dict[str, float] = {}
        """Problem of a file -> when it was logged."""
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def render(self) -> bytes:
        """The text of the page."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The samples of all metrics."""
        own = Snapshot(os.getpid(), is_alive=True, records=self._values.records())
        return families(self._definitions, [own, *self._others()])

    def describe(self) -> Iterator[Metric]:
        """Nothing: without this method, prometheus_client would call `collect` at the start."""
        return iter(())

    def _others(self) -> Iterator[Snapshot]:
        """The numbers of the other workers, as far as they can be read."""
        for path in self._paths():
            if path == self._values.own_path:
                continue
            try:
                yield read_snapshot(path)
            except FileNotFoundError:
                continue  # another worker has taken it over since
            except (OSError, FileDamagedError) as error:
                self._report(f"{path} is left out of /metrics: {error}")

    def _paths(self) -> list[Path]:
        if self._values.folder is None:
            return []
        try:
            return sorted(self._values.folder.glob(PATTERN))
        except OSError as error:
            self._report(f"/metrics shows one worker alone: {error}")
            return []

    def _report(self, problem: str) -> None:
        now = time.monotonic()
        if now - self._reported.get(problem, -math.inf) >= _REMINDER_S:
            self._reported[problem] = now
            self._values.note_problem("%s", problem)

"""The numbers behind all metrics, in this process's memory and, for several workers, in a file.

prometheus_client makes an object of `Value` for every number, in the place of its own class for
several processes: that one maps files into memory, so that a full disk or a file cut by someone
else ends the process, and a damaged file ends every scrape. Here a failure of a
file stops the sharing, and loses neither a request nor a number.
"""

import logging
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import prometheus_client.values

from service.observability.worker_file import FileDamagedError, Key, Record, Records, WorkerFile
from service.state.backoff import Backoff
from service.state.private_folder import make_private_folder

logger = logging.getLogger(__name__)

_ADDS_UP = ("_total", "_bucket", "_sum")
"""Endings of the names of counts, which a worker continues where an ended one stopped."""


class Value:
    """One number; methods and arguments are those that prometheus_client expects."""

    __slots__ = ("__weakref__", "key", "number", "position", "time")
    _multiprocess = False

    def __init__(  # noqa: PLR0917  # prometheus_client's order
        self,
        typ: str,
        metric_name: str,
        name: str,
        labelnames: Sequence[str],
        labelvalues: Sequence[str],
        help_text: str,
        **_: Any,
    ) -> None:
        """Begin at zero, or where an ended worker stopped."""
        self.key = Key(name, tuple(labelnames), tuple(labelvalues))
        self.number, self.time = 0.0, 0.0
        self.position: int | None = None
        VALUES.add(self)

    @property
    def record(self) -> Record:
        """The number as it is stored."""
        return Record(self.number, self.time)

    def inc(self, amount: float) -> None:
        """Add to the number."""
        with VALUES.lock:
            self.number += amount
            VALUES.share(self)

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Replace the number."""
        with VALUES.lock:
            self.number, self.time = float(value), timestamp or 0.0
            VALUES.share(self)

    def get(self) -> float:
        """The number."""
        return self.number

    def set_exemplar(self, exemplar: object) -> None:
        """Exemplars are not kept."""

    def get_exemplar(self) -> None:
        """Exemplars are not kept."""


class Values:
    """All numbers of this process. A series that a metric removes is gone here as well."""

    def __init__(self) -> None:
        """Share nothing until `share_in` names a folder."""
        self.lock = threading.RLock()  # a collection within the block may remove values
        self._errors = 0
        """Failures of files since they were last taken."""
        self._values: WeakValueDictionary[Key, Value] = WeakValueDictionary()
        self._inherited: dict[Key, Record] = {}
        """Counts of ended workers that no metric of this process has continued."""
        self._folder: Path | None = None
        self._file: WorkerFile | None = None
        self._entries = 0
        self._problem: str | None = None
        self._retry = Backoff()

    @property
    def folder(self) -> Path | None:
        """Where the workers share their numbers; None if there is one worker."""
        return self._folder

    @property
    def own_path(self) -> Path | None:
        """The file of this worker."""
        return self._file.path if self._file is not None else None

    def records(self) -> Records:
        """The numbers of this process, and those that it has inherited."""
        with self.lock:  # briefly: requests wait for it
            values, inherited = list(self._values.values()), self._inherited.copy()
        return {**inherited, **{value.key: value.record for value in values}}

    def add(self, value: Value) -> None:
        """Take in a new number."""
        with self.lock:
            earlier = self._inherited.pop(value.key, None)
            if earlier is not None:
                value.number = earlier.value
            self._values[value.key] = value
            self.share(value)

    def share(self, value: Value) -> None:
        """Have `flush` write a number; the caller holds the lock. Never raises."""
        if self._file is None or self._problem is not None:
            return
        try:
            if value.position is None:
                value.position = self._file.append(value.key, value.record)
                self._entries += 1
            else:
                self._file.change(value.position, *value.record)
        except OSError as error:
            self._fail(error)

    def flush(self) -> None:
        """Write all changes to the file, so that they outlive this process. Never raises."""
        if self._file is None:
            return
        with self.lock:
            try:
                if self._problem is None:
                    self._file.flush()
            except OSError as error:
                self._fail(error)

    def share_in(self, folder: Path) -> None:
        """Share all numbers with the other workers that use the folder. Never raises."""
        self._folder = folder
        self.maintain()

    def maintain(self) -> None:
        """Restore the file if it was lost, cut or holds removed series. Never raises."""
        if self._folder is None:
            return
        self.flush()
        with self.lock:
            try:
                if not self._is_complete():
                    self._restore(self._folder)
            except OSError as error:
                self._fail(error)

    def forget_inherited(self, label_value: str) -> None:
        """Drop the counts of ended workers that have this value of any label."""
        with self.lock:
            self._inherited = {
                key: record
                for key, record in self._inherited.items()
                if label_value not in key.label_values
            }

    def note_problem(self, problem: str, *arguments: object) -> None:
        """Log and count a failure of a file."""
        self._errors += 1
        logger.error(problem, *arguments)

    def take_errors(self) -> int:
        """The number of failures since the last call."""
        with self.lock:
            errors, self._errors = self._errors, 0
        return errors

    def _is_complete(self) -> bool:
        if self._problem is not None:
            return not self._retry.is_due
        if self._file is None or not self._file.is_intact():
            return False
        return self._entries == len(self._values) + len(self._inherited)

    def _restore(self, folder: Path) -> None:
        make_private_folder(folder)
        if self._file is None:
            self._file = WorkerFile.claim(folder)
            self._inherit(self._file)
        values = list(self._values.values())
        positions = self._file.replace({**self._inherited, **{v.key: v.record for v in values}})
        for value, position in zip(values, positions[len(self._inherited) :], strict=True):
            value.position = position
        self._entries = len(positions)
        self._problem = None
        self._retry.reset()

    def _inherit(self, file: WorkerFile) -> None:
        """Continue the counts of an ended worker."""
        try:
            records = file.records()
        except FileDamagedError as error:
            self.note_problem("the counts in %s are lost: %s", file.path, error)
            return
        for key, record in records.items():
            if not key.name.endswith(_ADDS_UP):
                continue
            if (value := self._values.get(key)) is not None:
                value.number += record.value
            else:
                self._inherited[key] = record

    def _fail(self, error: OSError) -> None:
        problem = error.strerror or type(error).__name__
        if problem != self._problem:
            self.note_problem("the metrics of this worker are not shared: %s", problem)
        self._problem = problem
        self._retry.fail()


VALUES = Values()

# Metrics that are defined from now on keep their numbers here.
prometheus_client.values.ValueClass = Value
# BentoML sets the variable of prometheus_client's own files, for which alone this is true.
warnings.filterwarnings("ignore", message="Removal of labels has not been implemented")

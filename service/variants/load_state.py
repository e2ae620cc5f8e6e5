"""Which variants an administrator has unloaded: one file that every worker reads."""

import json
import logging
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edgemood.atomic import atomic_write
from service.state.lock import file_lock
from service.state.small_file import FileReadError
from service.state.watched_file import WatchedFile

logger = logging.getLogger(__name__)

FILE_NAME = "variants.json"
_LOCK_NAME = ".variants.lock"


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unloaded: frozenset[str] = frozenset()


class LoadState:
    """The unloaded variants of one state folder. All variants are loaded while there is no file.

    A file that cannot be read, or that vanished together with its folder, changes nothing.
    """

    def __init__(self, folder: Path) -> None:
        """Store the path; the folder is read at the first call and created at the first change."""
        self._path = folder / FILE_NAME
        self._file = WatchedFile(self._path)
        self._unloaded: frozenset[str] = frozenset()
        self._problem: str | None = None
        self._reading = threading.Lock()

    @property
    def last_read(self) -> frozenset[str]:
        """Names of the unloaded variants as last read; does not look at the file."""
        return self._unloaded

    def has_changed(self) -> bool:
        """Whether the file should be read; inspects it, and does not read it."""
        return self._file.has_changed()

    def unloaded(self) -> frozenset[str]:
        """Names of the unloaded variants; if the file is damaged, the last that could be read."""
        if self._file.has_changed():
            with self._reading:
                self._read()
        return self._unloaded

    def load(self, name: str) -> None:
        """Mark a variant as loaded, for all workers.

        Raises:
            UnavailableError: another process holds the lock for too long.
            OSError: the folder cannot be written.
        """
        with self._lock():
            self._write(self.unloaded() - {name})

    def unload(self, name: str) -> None:
        """Mark a variant as unloaded, for all workers.

        Raises:
            UnavailableError: another process holds the lock for too long.
            OSError: the folder cannot be written.
        """
        with self._lock():
            self._write(self.unloaded() | {name})

    def _lock(self) -> AbstractContextManager[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return file_lock(self._path.parent / _LOCK_NAME)

    def _write(self, unloaded: frozenset[str]) -> None:
        if unloaded == self.unloaded() and self._problem is None:
            return
        with atomic_write(self._path) as file:
            file.write(json.dumps({"unloaded": sorted(unloaded)}, indent=1).encode())
        self.unloaded()

    def _read(self) -> None:
        try:
            content = self._file.read()
            self._unloaded = (
                frozenset() if content is None else _Content.model_validate_json(content).unloaded
            )
            self._problem = None
        except (FileReadError, ValidationError, MemoryError) as error:
            self._report(str(error) if isinstance(error, FileReadError) else type(error).__name__)

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            logger.error("%s is not used: %s; the last list stays in force", self._path, problem)
        self._problem = problem

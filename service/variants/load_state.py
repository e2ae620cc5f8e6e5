"""Which variants an administrator has unloaded: one file that every worker reads."""

import json
import logging
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edgemood.atomic import atomic_write
from service.state.file_signature import FileSignature, file_signature
from service.state.lock import file_lock

logger = logging.getLogger(__name__)

FILE_NAME = "variants.json"
_LOCK_NAME = ".variants.lock"


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unloaded: frozenset[str] = frozenset()


class LoadState:
    """The unloaded variants of one state folder. All variants are loaded while there is no file."""

    def __init__(self, folder: Path) -> None:
        """Store the path; the folder is read at the first call and created at the first change."""
        self._path = folder / FILE_NAME
        self._unloaded: frozenset[str] = frozenset()
        self._signature: FileSignature | None = None
        self._reading = threading.Lock()

    def unloaded(self) -> frozenset[str]:
        """Names of the unloaded variants; if the file is damaged, the last that could be read."""
        if file_signature(self._path) != self._signature:
            with self._reading:
                signature = file_signature(self._path)  # another thread may have read the file
                self._unloaded = frozenset() if signature is None else self._read()
                self._signature = signature
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
        if unloaded == self.unloaded():
            return
        with atomic_write(self._path) as file:
            file.write(json.dumps({"unloaded": sorted(unloaded)}, indent=1).encode())
        self.unloaded()

    def _read(self) -> frozenset[str]:
        try:
            return _Content.model_validate_json(self._path.read_bytes()).unloaded
        except (OSError, ValidationError) as error:
            logger.error("%s is not used: %s", self._path, type(error).__name__)
            return self._unloaded

"""Which variants an administrator has unloaded: one file that every worker reads."""

import json
import logging
import threading
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edgemood.atomic import atomic_write
from service.state.file_signature import Stamp, locked, stamp

logger = logging.getLogger(__name__)

FILE_NAME = "variants.json"
_LOCK_NAME = ".variants.lock"


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unloaded: frozenset[str] = frozenset()


class Switches:
    """The unloaded variants of one state folder; none while there is no file."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made yet."""
        self._path = folder / FILE_NAME
        self._unloaded: frozenset[str] = frozenset()
        self._stamp: Stamp | None = None
        self._reading = threading.Lock()

    def unloaded(self) -> frozenset[str]:
        """Names, as of now; the last ones that could be read where the file is damaged."""
        if stamp(self._path) != self._stamp:
            with self._reading:
                now = stamp(self._path)  # another thread may have been here
                self._unloaded = frozenset() if now is None else self._read()
                self._stamp = now
        return self._unloaded

    def turn(self, name: str, *, on: bool) -> None:
        """Load or unload a variant, for all workers.

        Raises:
            UnavailableError: someone else holds the lock for too long.
            OSError: the folder cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._path.parent / _LOCK_NAME):
            before = self.unloaded()
            after = before - {name} if on else before | {name}
            if after != before:
                with atomic_write(self._path) as file:
                    file.write(json.dumps({"unloaded": sorted(after)}, indent=1).encode())
                self.unloaded()

    def _read(self) -> frozenset[str]:
        try:
            return _Content.model_validate_json(self._path.read_bytes()).unloaded
        except (OSError, ValidationError) as error:
            logger.error("%s is not used: %s", self._path, type(error).__name__)
            return self._unloaded

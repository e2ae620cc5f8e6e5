"""A small file that other processes replace: tells when it changed, and reads it.

A file that was removed differs from a folder that vanished: the first happens on purpose, the
second when a volume is unmounted. The file counts as removed only while its folder is the one that
held it, and once it has been missing for a second: some programs remove a file to replace it.
"""

import time
from pathlib import Path

from service.state.backoff import Backoff
from service.state.file_signature import (
    FileSignature,
    FolderIdentity,
    file_signature,
    folder_identity,
    is_settled,
)
from service.state.small_file import FileReadError, read_small_file

REMOVED_AFTER_S = 1.0
"""How long a file must be missing."""


class WatchedFile:
    """One file of a state folder. Callers exclude each other around `read`."""

    def __init__(self, path: Path) -> None:
        """Store the path; neither file nor folder need exist."""
        self.path = path
        self._signature: FileSignature | None = None
        self._folder: FolderIdentity | None = None
        """Of the folder when it last held the file."""
        self._missing_since: float | None = None
        self._retry = Backoff()

    @property
    def signature(self) -> FileSignature | None:
        """Of the file when it was last read, or when reading it failed."""
        return self._signature

    def has_changed(self) -> bool:
        """Whether the file should be read: it has changed, or reading it failed a while ago."""
        signature = file_signature(self.path)
        if signature is None and self._signature is not None:
            return self._has_been_missing()
        self._missing_since = None
        return signature != self._signature or self._retry.is_due

    def _has_been_missing(self) -> bool:
        now = time.monotonic()
        if self._missing_since is None:
            self._missing_since = now
        return now - self._missing_since >= REMOVED_AFTER_S

    def read(self) -> bytes | None:
        """The content; None if the file was removed or has never existed.

        Raises:
            FileReadError: the file cannot be read, or its folder vanished. `has_changed` asks for
                another attempt later.
        """
        signature = file_signature(self.path)
        if signature != self._signature:
            self._retry.reset()
        try:
            content = self._content(signature)
        except FileReadError:
            self._retry.fail()
            raise
        finally:
            self._signature = signature
        if is_settled(signature):
            self._retry.reset()
        else:
            self._retry.check_once_more()
        return content

    def _content(self, signature: FileSignature | None) -> bytes | None:
        folder = folder_identity(self.path.parent)
        if signature is not None:
            content = read_small_file(self.path)
            self._folder = folder
            return content
        if self._folder is not None and folder != self._folder:
            raise FileReadError("its folder vanished")
        return None

"""Atomic writing of files: a reader sees the old file or the whole new one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_MODE = 0o644  # temporary files are created with 0o600


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file in the same folder, and rename it to `path` when the block ends.

    The content is flushed to disk before the rename. Processes that have the old file open or
    mapped keep it. If the block raises, the old file stays and the temporary one is removed.

    Raises:
        OSError: the folder cannot be written, or `path` is a folder.
    """
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    ) as part:
        try:
            yield part  # type: ignore[misc]  # the wrapper has what a BinaryIO has
            part.flush()
            os.fchmod(part.fileno(), _MODE)
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

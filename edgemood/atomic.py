"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_MODE = 0o644  # a temporary file is private until it is told otherwise


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside its place and put it there at the end, on disk to the last byte.

    A reader sees the old file or the new one, and keeps what it has open or mapped. Where the block
    raises, the old file stays and nothing is left behind.

    Raises:
        OSError: the folder cannot be written.
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

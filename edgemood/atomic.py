"""Atomic writing of files: a reader sees the old file or the whole new one."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)

_MODE = 0o644  # temporary files are created with 0o600


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file in the same folder, and rename it to `path` when the block ends.

    The content is flushed to disk and the temporary file is closed before the rename. Processes
    that have the old file open keep it. If anything raises, the old file stays and the temporary
    one is removed.

    Raises:
        OSError: the folder cannot be written, the disk is full, or `path` is a folder. Its
            `filename` is `path`, or the folder.
    """
    with _named(path), _folder(path.parent) as folder:
        part = tempfile.NamedTemporaryFile(  # noqa: SIM115  # the clean-up needs its name
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        )
        try:
            with part:
                yield part  # type: ignore[misc]  # the wrapper has what a BinaryIO has
                part.flush()
                os.fchmod(part.fileno(), _MODE)
                os.fsync(part.fileno())
            Path(part.name).replace(path)
        except BaseException:
            with suppress(OSError):  # the first error says more
                Path(part.name).unlink()
            raise
        _flush_folder(path.parent, folder)


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8 atomically, or write to what is no file, such as `/dev/stdout`.

    Raises:
        OSError: see `atomic_write`.
    """
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    with atomic_write(path.resolve()) as file:  # a link stays a link
        file.write(text.encode())


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """Open a folder first: nothing has changed yet if there are too many open files."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        with suppress(OSError):  # nothing was written through it
            os.close(descriptor)


def _flush_folder(path: Path, descriptor: int) -> None:
    """Write the renaming to disk. An error is not raised: the new file is in its place."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        problem = error.strerror
        logger.warning("%s cannot be flushed (%s): a crash may undo the last change", path, problem)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let errors name the file that the caller knows, rather than none or the temporary one."""
    try:
        yield
    except OSError as error:
        if error.filename is None or Path(error.filename).name.startswith(f".{path.name}."):
            error.filename, error.filename2 = str(path), None
        raise

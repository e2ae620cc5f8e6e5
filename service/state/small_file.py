"""Reads small files from folders that others may write to.

Only regular files within a bound are read, and they are refused before they are opened: opening a
FIFO waits for a writer, and opening a device can do harm.
"""

import os
from pathlib import Path
from stat import S_ISREG

MAX_STATE_BYTES = 1024 * 1024
"""A routing policy or a list of unloaded variants has a few hundred bytes."""
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class FileReadError(Exception):
    """The file cannot be read, or must not be; the message does not contain its path."""


def read_small_file(path: Path, *, limit: int = MAX_STATE_BYTES) -> bytes:
    """The content of a regular file.

    Raises:
        FileReadError: it is no regular file, is larger than `limit` bytes, or cannot be read.
    """
    try:
        _check(path.stat(), limit)
        descriptor = os.open(path, _FLAGS)
        try:
            _check(os.fstat(descriptor), limit)  # again: the file may have been replaced
            return _read(descriptor, limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileReadError(error.strerror or type(error).__name__) from error
    except MemoryError:
        raise FileReadError("out of memory") from None


def _check(status: os.stat_result, limit: int) -> None:
    if not S_ISREG(status.st_mode):
        raise FileReadError("not a regular file")
    if status.st_size > limit:
        raise _too_large(limit)


def _read(descriptor: int, limit: int) -> bytes:
    """Everything up to the end, which may have moved since the file was inspected."""
    content = bytearray()
    while chunk := os.read(descriptor, limit + 1 - len(content)):
        content += chunk
        if len(content) > limit:
            raise _too_large(limit)
    return bytes(content)


def _too_large(limit: int) -> FileReadError:
    return FileReadError(f"larger than {limit:,} bytes")

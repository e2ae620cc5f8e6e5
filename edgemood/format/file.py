"""The content of a variant file, read once into private memory.

A file may be replaced, overwritten or cut at any moment. Everything that is said about a variant
(its arrays, its manifest, its SHA-256) therefore comes from one read of one open file. It is not
mapped: writing over a mapped file changes the arrays, and cutting it kills the process.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from stat import S_ISREG
from typing import Self

from edgemood.errors import ALLOW_MORE, OversizedFileError, UnreadableFileError

MAX_FILE_BYTES = 512 * 2**20
"""Larger files are refused before they are read, unless the caller allows more."""

_CHECK = "check the path and its permissions"
# A pipe would block `open` until somebody writes. Windows, where there is none, lacks the flags.
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)


@dataclass(frozen=True)
class VariantFile:
    """The bytes of one file, and the path that names it in errors.

    The constructor takes bytes from elsewhere, for example from a download: `Classifier.from_file`
    makes no difference.
    """

    path: Path
    content: bytes
    status: os.stat_result | None = None
    """Of the open file, when it was read; None if the bytes come from elsewhere."""

    @classmethod
    def read(cls, path: Path | str, *, max_bytes: int = MAX_FILE_BYTES) -> Self:
        """Read a regular file.

        Args:
            path: the file; links are followed.
            max_bytes: a larger file is refused before it is read.

        Raises:
            UnreadableFileError: the path is missing, is not a regular file, cannot be read, or
                changed while it was read.
            OversizedFileError: the file is larger than `max_bytes`.
        """
        path = Path(path)
        try:
            _check_regular(path, path.stat())  # opening a device can have effects of its own
            descriptor = os.open(path, _FLAGS)
            try:
                return cls(path, *_read(path, descriptor, max_bytes))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error
        except ValueError as error:  # a NUL in the name
            raise _unreadable(path, str(error)) from error
        except MemoryError as error:
            raise _unreadable(path, "there is not enough memory", "free memory") from error

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the content in hexadecimal digits, as `sha256sum` prints it."""
        return hashlib.sha256(self.content).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file of any size and kind, without holding it in memory.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path, descriptor: int, max_bytes: int) -> tuple[bytes, os.stat_result]:
    before = os.fstat(descriptor)
    _check_regular(path, before)  # the path may name another file by now
    if before.st_size > max_bytes:
        problem = f"{before.st_size:,} bytes, of which at most {max_bytes:,} are read"
        raise OversizedFileError(path, part="file", problem=problem, fix=ALLOW_MORE)
    content = _read_at_most(descriptor, before.st_size + 1)
    if _identity(os.fstat(descriptor)) != _identity(before) or len(content) != before.st_size:
        problem, fix = "it changed while it was read", "write a new file and rename it to this path"
        raise _unreadable(path, problem, fix)
    return content, before


def _read_at_most(descriptor: int, count: int) -> bytes:
    pieces = []
    while count and (piece := os.read(descriptor, count)):
        pieces.append(piece)
        count -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_size


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not S_ISREG(status.st_mode):
        raise _unreadable(path, "not a file")


def _unreadable(path: Path, problem: str, fix: str = _CHECK) -> UnreadableFileError:
    return UnreadableFileError(path, part="file", problem=problem, fix=fix)

"""Detects that a file was changed or replaced, without reading it."""

from pathlib import Path
from stat import S_ISLNK

FileSignature = tuple[int, int, int]
"""Modification time in nanoseconds, inode and size in bytes."""

UNREADABLE: FileSignature = (-1, -1, -1)
"""The signature of a file that exists and cannot be inspected."""


def file_signature(path: Path) -> FileSignature | None:
    """The signature of a file, which differs after each change; about two microseconds.

    A symbolic link has the signature of its target. The files of a mounted ConfigMap are links, and
    an update changes the target alone.

    Returns:
        The signature; `UNREADABLE` if the file exists and cannot be inspected, as a link without a
        target; None if the file does not exist.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    except OSError:
        return UNREADABLE
    if S_ISLNK(status.st_mode):
        try:
            status = path.stat()
        except OSError:
            return UNREADABLE
    return status.st_mtime_ns, status.st_ino, status.st_size

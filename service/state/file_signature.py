"""Detects that a file was changed or replaced, without reading it."""

import os
import time
from pathlib import Path
from stat import S_ISLNK

FileSignature = tuple[int, int, int, int, int]
"""Device, inode, size in bytes, and times of modification and of change in nanoseconds."""
FolderIdentity = tuple[int, int]
"""Device and inode."""

UNREADABLE: FileSignature = (-1, -1, -1, -1, -1)
"""The signature of a file that exists and cannot be inspected."""
SETTLED_NS = 100_000_000
"""A file that changed this recently may change again without a new time of modification."""


def file_signature(path: Path) -> FileSignature | None:
    """The signature of a file, which differs after each change; about two microseconds.

    Links are followed to the end, so that a changed target is noticed wherever it is: the files of
    a mounted ConfigMap are links, an update changes their target, and the folder stays as it was.

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
    return signature_of(status)


def signature_of(status: os.stat_result) -> FileSignature:
    """The signature of a file whose status is known."""
    times = status.st_mtime_ns, status.st_ctime_ns
    return (status.st_dev, status.st_ino, status.st_size, *times)


def is_settled(signature: FileSignature | None) -> bool:
    """Whether a later change of the file is certain to change this signature.

    The clock of a file system ticks every few milliseconds, and two changes within one tick leave
    the same times.
    """
    if signature is None or signature == UNREADABLE:
        return True
    return not 0 <= time.time_ns() - max(signature[3:]) <= SETTLED_NS


def folder_identity(path: Path) -> FolderIdentity | None:
    """Device and inode of a folder, links followed; None if it cannot be inspected.

    An unmounted volume leaves an empty folder of another identity behind.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino

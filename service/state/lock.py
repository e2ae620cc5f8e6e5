"""Locks that exclude other processes and other threads: advisory locks on files."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

from service.errors import UnavailableError

LOCK_TIMEOUT_S = 5.0
"""A lock that is not free after this time is an error."""
_POLL_S = 0.005
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_MODE = 0o644


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, which is created if it does not exist.

    The lock is not reentrant: a second `file_lock` on the same path waits even in the same thread.

    Raises:
        UnavailableError: another holder did not release the lock within `LOCK_TIMEOUT_S`.
        OSError: the file cannot be opened for writing, or is not a regular file.
    """
    descriptor = os.open(path, _FLAGS, _MODE)
    try:
        if not S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, f"{path.name} is not a regular file")
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                # Callers receive this message over HTTP.
                raise UnavailableError(f"{path.name} is held by someone else; try again")
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)  # releases the lock


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

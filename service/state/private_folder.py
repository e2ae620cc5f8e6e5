"""Folders that belong to this user alone: others can neither read nor replace what is in them."""

import os
from pathlib import Path
from stat import S_ISDIR, S_ISLNK

_WRITABLE_BY_OTHERS = 0o022


def make_private_folder(path: Path) -> None:
    """Create a folder with mode 0700, or check one that exists.

    Raises:
        PermissionError: the folder belongs to another user, or others can write to it.
        OSError: it is not a folder, or cannot be created. No message contains the path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        _check(path)


def _check(path: Path) -> None:
    status = path.lstat()
    if S_ISLNK(status.st_mode):
        raise PermissionError(1, "a link; name the folder itself")
    if not S_ISDIR(status.st_mode):
        raise NotADirectoryError(20, "not a folder")
    if status.st_uid != os.geteuid():
        raise PermissionError(1, "it belongs to another user")
    if status.st_mode & _WRITABLE_BY_OTHERS:
        raise PermissionError(1, "other users can write to it; its mode should be 0700")

"""Faults of the operating system: the n-th call that concerns a folder fails, for every n.

    def check(faults: Faults) -> None:
        path = tmp_path / "f"
        path.write_text("old")
        with faults, suppress(OSError):
            save(path, "new")
        assert path.read_text() in {"old", "new"}

    assert check_every_fault(check, within=tmp_path) > 10

`check` runs once for each call that `save` makes and each error that such a call can meet: once
with that call alone failing, and once with that call and all later ones, as on a full disk. The
calls are those of Python code: `os`, `open`, `pathlib`, `tempfile`, `mmap.mmap` and `fcntl.flock`.
Calls that compiled code makes by itself are not seen.
"""

import _pyio  # `open` in Python code: it calls `os.open`, `os.read` and so on
import builtins
import errno
import fcntl
import io
import mmap
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from unittest.mock import patch

_BY_PATH = ("open", "stat", "lstat", "scandir", "listdir", "mkdir", "readlink", "chmod", "truncate")
_BY_TWO_PATHS = ("replace", "rename", "link", "symlink")
_BY_DESCRIPTOR = (
    *("read", "pread", "write", "pwrite", "fsync", "fdatasync"),
    *("fstat", "ftruncate", "fchmod", "close"),
)

_WRITING = (
    *("open", "mkdir", "write", "pwrite", "fsync", "fdatasync"),
    *("truncate", "ftruncate", "mmap"),
)
ERRORS: dict[int, frozenset[str]] = {
    errno.ENOSPC: frozenset((*_WRITING, *_BY_TWO_PATHS)),
    errno.EIO: frozenset((*_BY_PATH, *_BY_TWO_PATHS, *_BY_DESCRIPTOR, "mmap", "flock")),
    errno.EMFILE: frozenset(("open", "scandir", "listdir")),
    errno.ENOMEM: frozenset(("open", "mmap", "mkdir", "scandir")),
    errno.ENOLCK: frozenset(("flock",)),
}
"""Which calls can meet an error. Removing a file is not among them: it is what clean-up needs."""


class Faults:
    """A context manager in which one call fails, or that call and all later ones."""

    def __init__(self, within: Path, error: int, at: int, *, lasting: bool) -> None:
        """Store what is to fail; nothing fails outside `with`.

        Args:
            within: only calls that concern this folder or something in it are counted.
            error: a key of `ERRORS`.
            at: the number of calls that succeed first, of those that can meet the error.
            lasting: whether all later calls fail, too.
        """
        self.within, self.error, self.lasting = os.path.realpath(within), error, lasting
        self.calls: list[str] = []
        """Names of the calls that could have failed."""
        self._at = at
        self._patches: list[Any] = []

    @property
    def happened(self) -> bool:
        """Whether a call has failed."""
        return len(self.calls) > self._at

    def __str__(self) -> str:
        call = self.calls[self._at] if self.happened else "none"
        later = " and all later ones" if self.lasting else ""
        return f"{errno.errorcode[self.error]} in call {self._at} ({call}){later}"

    def __enter__(self) -> Self:
        self._patches = [patch.object(module, "open", _pyio.open) for module in (builtins, io)]
        for module, name, concerns in _targets():
            call = self._wrapped(name, getattr(module, name), concerns)
            self._patches.append(patch.object(module, name, call))
        for each in self._patches:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in reversed(self._patches):
            each.stop()

    def _wrapped(
        self, name: str, original: Callable[..., Any], paths: Callable[..., list[str]]
    ) -> Callable[..., Any]:
        can_fail = name in ERRORS[self.error]

        def call(*args: Any, **kwargs: Any) -> Any:
            if not can_fail or not self._concerns(paths(*args[:2])):
                return original(*args, **kwargs)
            self.calls.append(name)
            number = len(self.calls) - 1
            if number != self._at and not (self.lasting and number > self._at):
                return original(*args, **kwargs)
            if name == "close":  # the descriptor is gone even if closing fails
                original(*args, **kwargs)
            raise OSError(self.error, os.strerror(self.error))

        return call

    def _concerns(self, paths: list[str]) -> bool:
        return any(f"{path}/".startswith(f"{self.within}/") for path in paths)


def check_every_fault(
    check: Callable[[Faults], object], *, within: Path, errors: Iterable[int] = ERRORS
) -> int:
    """Run `check` for each fault that can happen in it.

    Args:
        check: makes its state anew, does something `with faults:`, and asserts what must hold.
        within: see `Faults`.
        errors: keys of `ERRORS`.

    Returns:
        The number of faults.
    """
    count = 0
    for error in errors:
        for lasting in (False, True):
            at = 0
            while _happens(check, Faults(within, error, at, lasting=lasting)):
                at += 1
            count += at
    return count


def _happens(check: Callable[[Faults], object], faults: Faults) -> bool:
    try:
        check(faults)
    except BaseException as problem:
        problem.add_note(str(faults))
        raise
    return faults.happened


def _targets() -> list[tuple[ModuleType, str, Callable[..., list[str]]]]:
    """Module and name of each call, and the function that gives the paths of its arguments."""
    return [
        *((os, name, lambda path=".", *_: _paths(path)) for name in _BY_PATH),
        *((os, name, _paths) for name in _BY_TWO_PATHS),
        *((os, name, lambda descriptor, *_: _paths(descriptor)) for name in _BY_DESCRIPTOR),
        (mmap, "mmap", lambda descriptor, *_: _paths(descriptor)),
        (fcntl, "flock", lambda file, *_: _paths(file)),
    ]


_readlink = os.readlink


def _paths(*arguments: Any) -> list[str]:
    """The paths that are meant by paths, descriptors or files."""
    paths = []
    for argument in arguments:
        if isinstance(argument, str | bytes | os.PathLike):
            paths.append(str(Path(os.fsdecode(argument)).absolute()))
        else:
            number = argument if isinstance(argument, int) else argument.fileno()
            try:
                paths.append(_readlink(f"/proc/self/fd/{number}"))
            except OSError:
                continue
    return paths

"""Runs a command under a memory limit: by a control group if allowed, else by `RLIMIT_DATA`."""

import os
import resource
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_V1 = Path("/sys/fs/cgroup/memory")
_V2 = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Confinement:
    """A memory limit for one command and its children."""

    kind: str
    """`cgroup` (everything that the kernel charges, sockets included), or `RLIMIT_DATA`."""
    prefix: tuple[str, ...]
    """What to put before the command."""
    _folder: Path | None = None

    def wrap(self, command: Sequence[str]) -> list[str]:
        """The command under the limit."""
        return [*self.prefix, *command]

    def peak_bytes(self) -> int | None:
        """The most that was charged so far; None if the kernel does not count it."""
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            path = self._folder / name if self._folder else None
            if path is not None and path.exists():
                return int(path.read_text())
        return None


@contextmanager
def confined(limit_bytes: int) -> Iterator[Confinement]:
    """A memory limit that ends with the block, as must all processes under it."""
    folder = _make_group(limit_bytes)
    if folder is None:
        yield Confinement("RLIMIT_DATA", ("prlimit", f"--data={limit_bytes}"))
        return
    script = f'echo $$ > {folder / "cgroup.procs"} && exec "$@"'
    try:
        yield Confinement("cgroup", ("sh", "-c", script, "sh"), folder)
    finally:
        folder.rmdir()


def _make_group(limit_bytes: int) -> Path | None:
    name = f"edgemood-{os.getpid()}-{secrets.token_hex(4)}"
    for parent, limits in (
        (_V1, ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")),
        (_V2, ("memory.max", "memory.swap.max")),
    ):
        folder = parent / name
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            (folder / limits[0]).write_text(str(limit_bytes))
        except OSError:
            folder.rmdir()
            continue
        swap = folder / limits[1]
        if swap.exists():
            swap.write_text("0" if limits[1] == "memory.swap.max" else str(limit_bytes))
        return folder
    return None


def allow_many_files() -> None:
    """Let this process open as many connections as the system permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

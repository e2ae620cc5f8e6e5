"""Find the processes of a server by a mark in their environment, and read their memory."""

import secrets
import statistics
from collections.abc import Sequence
from pathlib import Path

import psutil

MARK = "EDGEMOOD_BENCHMARK"
"""The variable that holds the mark. It also reaches processes inside a container."""

Memory = dict[str, dict[str, float]]
"""Role (`supervisor`, `worker`) -> `rss` and `pss` in bytes: resident and proportional set size."""


def new_mark() -> str:
    """A value that no other server's processes have."""
    return secrets.token_hex(8)


def marked_processes(mark: str) -> list[psutil.Process]:
    """The Python processes with this mark, oldest first."""
    found = [process for process in psutil.process_iter() if _has_mark(process, mark)]
    return sorted(found, key=lambda process: (process.create_time(), process.pid))


def read_memory(mark: str) -> Memory:
    """The memory of a server's processes; a single process counts as the worker."""
    processes = marked_processes(mark)
    roles = ("worker",) if len(processes) == 1 else ("supervisor", "worker")
    return {
        role: {"rss": full.rss, "pss": full.pss}
        for role, process in zip(roles, processes, strict=False)
        for full in [process.memory_full_info()]
    }


def median_memory(readings: Sequence[Memory]) -> Memory:
    """The median of each figure over several starts."""
    return {
        role: {kind: statistics.median(r[role][kind] for r in readings) for kind in kinds}
        for role, kinds in readings[0].items()
    }


def _has_mark(process: psutil.Process, mark: str) -> bool:
    try:
        is_python = Path(process.exe()).name.startswith("python")
        return is_python and process.environ().get(MARK) == mark
    except psutil.Error:
        return False

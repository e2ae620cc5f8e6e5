"""What the operating system says of a process."""

import ctypes
import os
import signal
from pathlib import Path
from typing import NamedTuple

_PR_SET_PDEATHSIG = 1
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class ProcessState(NamedTuple):
    """A process at one moment."""

    state: str
    """`R` running or waiting for a processor, `S` asleep, `D` waiting for a disk, `T` stopped."""
    processor_s: float
    """Seconds of processor time so far."""


def process_state(pid: int) -> ProcessState | None:
    """The state of a process; None if it has ended, or if the system has no `/proc`."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field is the program's name in brackets, which may hold anything.
    fields = text.rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ProcessState(fields[0], ticks / _TICKS_PER_S)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process as soon as its parent ends, whatever ends it.

    Only Linux can do that. Elsewhere, workers notice at their next heartbeat.

    Args:
        parent: the parent's process id; if the parent has ended already, this process ends here.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)

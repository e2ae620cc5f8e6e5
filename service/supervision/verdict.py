"""Decides whether a worker that has gone silent is stuck, as a pure function."""

from typing import Literal

from service.supervision.process import ProcessState

Reason = Literal["exited", "killed", "stopped", "wedged"]
"""Why a worker was replaced."""

SILENCE_S = 0.75
"""After a silence this long the process is examined; an event loop beats ten times a second."""
LONG_SILENCE_S = 10.0
"""Allowed to a worker that waits for a processor or a disk: the machine is slow, not the worker."""
START_S = 120.0
"""A worker must beat for the first time within this time."""
_STUCK_PROCESSOR_S = 0.5
"""A silent worker that has used less than this since its last beat was short of a processor."""


def verdict(
    silence_s: float, state: ProcessState | None, *, processor_s: float, has_beaten: bool
) -> Reason | None:
    """Why a worker must be replaced, or None.

    Args:
        silence_s: seconds since its last beat, or since its start.
        state: of its process.
        processor_s: processor time that it has used since the last beat.
        has_beaten: whether it has ever beaten.
    """
    if state is not None and state.state == "T":  # a debugger's stop is `t`
        return "stopped"
    if not has_beaten:
        return "wedged" if silence_s > START_S else None
    if silence_s <= SILENCE_S:
        return None
    is_starved = state is not None and (
        state.state == "D" or (state.state == "R" and processor_s < _STUCK_PROCESSOR_S)
    )
    return None if is_starved and silence_s <= LONG_SILENCE_S else "wedged"

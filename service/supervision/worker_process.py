"""One worker as the parent sees it: a process, and a pipe through which it shows that it lives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from service.supervision.process import die_with_parent, process_state
from service.supervision.verdict import Reason, verdict

KILL_S = 1.0
"""How long a killed process may take to end."""


class WorkerProcess:
    """A process that beats on a pipe."""

    def __init__(self, command: Sequence[str], listener: int, replaces: Reason | None) -> None:
        """Start it.

        Args:
            command: arguments for the Python interpreter; the worker's own are appended.
            listener: descriptor of the listening socket.
            replaces: why the worker before it ended.

        Raises:
            OSError: the system allows no further process or file.
            SubprocessError: the process ended before it ran the command.
        """
        self.beats, write_end = os.pipe()
        os.set_blocking(self.beats, False)
        arguments = [
            *("--listener", str(listener), "--beats", str(write_end)),
            *(("--replaces", replaces) if replaces else ()),
        ]
        try:
            self._process = subprocess.Popen(  # noqa: S603  # no shell, and nothing of a caller
                [sys.executable, *command, *arguments],
                pass_fds=(listener, write_end),
                # Safe, as the parent has one thread. The worker must never outlive its parent, not
                # even while it starts.
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509
            )
        except BaseException:
            os.close(self.beats)
            raise
        finally:
            os.close(write_end)
        self.pid = self._process.pid
        self.has_beaten = False
        self._last_beat = time.monotonic()
        self._processor_s = 0.0

    def read_beats(self) -> bool:
        """Take in the beats that have come.

        Returns:
            False if the worker has closed its end of the pipe.
        """
        try:
            data = os.read(self.beats, 4096)
        except BlockingIOError:
            return True
        if data:
            self.has_beaten = True
            self._last_beat = time.monotonic()
            state = process_state(self.pid)
            self._processor_s = state.processor_s if state else 0.0
        return bool(data)

    def reset_silence(self) -> None:
        """Count the silence from now on: the parent may have read earlier beats too late."""
        self._last_beat = time.monotonic()

    def verdict(self) -> Reason | None:
        """Why the worker must be replaced, or None while it is well."""
        if (status := self._process.poll()) is not None:
            return "killed" if status < 0 else "exited"
        state = process_state(self.pid)
        return verdict(
            time.monotonic() - self._last_beat,
            state,
            processor_s=(state.processor_s if state else 0.0) - self._processor_s,
            has_beaten=self.has_beaten,
        )

    @property
    def exit_status(self) -> int | None:
        """The exit status, or minus the signal that ended it; None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask the worker to finish its requests and end."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the worker at once, and wait until it has ended.

        A process that waits for a dead disk ends only after that; it is left to the system.
        """
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_S)

    def close(self) -> None:
        """Close the parent's end of the pipe."""
        os.close(self.beats)

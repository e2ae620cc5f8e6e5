"""Keeps several workers running on one listening socket."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from service.supervision import log
from service.supervision.verdict import Reason
from service.supervision.worker_process import WorkerProcess

CHECK_INTERVAL_S = 0.1
STOP_S = 15.0
"""From SIGTERM until workers that still run are killed."""
MAX_DELAY_S = 10.0
"""Between two starts of a worker that fails at the start, again and again."""
_FIRST_DELAY_S = 0.2
_MAX_DOUBLINGS = 10
_LATE_S = 0.3
"""A parent that wakes up this late was short of a processor, and so were its workers."""


class Supervisor:
    """Starts workers, replaces those that end or are stuck, and stops them."""

    def __init__(self, command: Sequence[str], *, listener: int, workers: int) -> None:
        """Prepare; `run` starts the workers.

        Args:
            command: arguments for the Python interpreter.
            listener: descriptor of the listening socket that all workers share.
            workers: how many.
        """
        self._command, self._listener = command, listener
        self._slots: list[WorkerProcess | None] = [None] * workers
        self._start_at = [0.0] * workers
        self._failures = [0] * workers
        self._reasons: list[Reason | None] = [None] * workers
        self._awake_at = time.monotonic()
        self._was_ready = False
        self._stopping = False
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Run until a signal asks for the end.

        Returns:
            The exit status: 0, or that of a worker that failed before any was ready.
        """
        self._handle_signals()
        status = 0
        while not self._stopping and not status:
            self._start_due()
            self._wait()
            status = self._check()
        self._stop()
        return status

    def _handle_signals(self) -> None:
        read_end, write_end = os.pipe()
        for end in (read_end, write_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        self._selector.register(read_end, selectors.EVENT_READ, None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes the selector

    def _ask_to_stop(self, number: int, _: FrameType | None) -> None:
        self._stopping = True

    def _start_due(self) -> None:
        for slot, worker in enumerate(self._slots):
            if worker is None and time.monotonic() >= self._start_at[slot]:
                self._start(slot)

    def _start(self, slot: int) -> None:
        try:
            worker = WorkerProcess(self._command, self._listener, self._reasons[slot])
        except (OSError, subprocess.SubprocessError) as error:
            log.write("error", f"no worker can be started: {error}; trying again")
            self._postpone(slot)
            return
        self._slots[slot] = worker
        self._selector.register(worker.beats, selectors.EVENT_READ, worker)

    def _postpone(self, slot: int) -> None:
        """Start the next worker later than the one before: that one failed at the start."""
        delay = _FIRST_DELAY_S * 2 ** min(self._failures[slot], _MAX_DOUBLINGS)
        self._start_at[slot] = time.monotonic() + min(delay, MAX_DELAY_S)
        self._failures[slot] += 1

    def _wait(self) -> None:
        """Sleep until a beat, a signal or the next check."""
        for key, _ in self._selector.select(CHECK_INTERVAL_S):
            if key.data is None:
                os.read(key.fd, 4096)
            elif not key.data.read_beats():
                self._selector.unregister(key.fd)
        before, self._awake_at = self._awake_at, time.monotonic()
        if self._awake_at - before > _LATE_S:
            for worker in filter(None, self._slots):
                worker.excuse()

    def _check(self) -> int:
        """Replace the workers that need it; returns a status to exit with, or 0."""
        for slot, worker in enumerate(self._slots):
            if worker is None:
                continue
            self._was_ready |= worker.has_beaten
            if worker.has_beaten:
                self._failures[slot] = 0
            if (reason := worker.verdict()) is None:
                continue
            if not self._was_ready and reason == "exited":
                return worker.exit_status or 1
            self._retire(slot, worker, reason)
        return 0

    def _retire(self, slot: int, worker: WorkerProcess, reason: Reason) -> None:
        worker.kill()
        log.write("error", f"worker {worker.pid} {reason}; starting another", worker=worker.pid)
        if not worker.has_beaten:
            self._postpone(slot)
        self._reasons[slot] = reason
        self._forget(slot, worker)

    def _forget(self, slot: int, worker: WorkerProcess) -> None:
        if worker.beats in self._selector.get_map():
            self._selector.unregister(worker.beats)
        worker.close()
        self._slots[slot] = None

    def _stop(self) -> None:
        """Let the workers finish their requests, then kill those that still run."""
        os.close(self._listener)
        workers = list(filter(None, self._slots))
        for worker in workers:
            worker.terminate()
        deadline = time.monotonic() + STOP_S
        while any(worker.exit_status is None for worker in workers):
            if time.monotonic() > deadline:
                log.write("error", "some workers do not end; they are killed")
                break
            time.sleep(CHECK_INTERVAL_S / 2)
        for worker in workers:
            worker.kill()


def main(arguments: Sequence[str]) -> int:
    """Run the supervisor with `listener workers command…`."""
    listener, workers, *command = arguments
    return Supervisor(command, listener=int(listener), workers=int(workers)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

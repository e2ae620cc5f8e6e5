"""Keeps several workers running on one listening socket."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from service.supervision import log
from service.supervision.verdict import Reason
from service.supervision.worker_process import WorkerProcess

CHECK_INTERVAL_S = 0.1
STOP_S = 15.0
"""From SIGTERM until workers that still run are killed."""
MAX_DELAY_S = 10.0
"""Between two starts of a worker that fails at the start, again and again."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FIRST_DELAY_S = 0.2
_MAX_DOUBLINGS = 10
_LATE_S = 0.3
"""A parent that wakes up this late was short of a processor, and so were its workers."""


@dataclass
class Slot:
    """The place of one worker and, later, of those that replace it."""

    worker: WorkerProcess | None = None
    start_at: float = 0.0
    """No worker is started before this `time.monotonic()`."""
    failures: int = 0
    """Workers in a row that failed at the start."""
    reason: Reason | None = None
    """Why the last worker was replaced."""

    def postpone(self) -> None:
        """Start the next worker later than the one before: that one failed at the start."""
        delay = _FIRST_DELAY_S * 2 ** min(self.failures, _MAX_DOUBLINGS)
        self.start_at = time.monotonic() + min(delay, MAX_DELAY_S)
        self.failures += 1


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
        self._slots = [Slot() for _ in range(workers)]
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
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._ask_to_stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)  # blocked in a container's start
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes the selector

    def _ask_to_stop(self, number: int, _: FrameType | None) -> None:
        self._stopping = True

    def _start_due(self) -> None:
        for slot in self._slots:
            if slot.worker is None and time.monotonic() >= slot.start_at:
                self._start(slot)

    def _start(self, slot: Slot) -> None:
        try:
            worker = WorkerProcess(self._command, self._listener, slot.reason)
        except (OSError, subprocess.SubprocessError) as error:
            log.write("error", f"no worker can be started: {error}; trying again")
            slot.postpone()
            return
        slot.worker = worker
        self._selector.register(worker.beats, selectors.EVENT_READ, worker)

    def _wait(self) -> None:
        """Sleep until a beat, a signal or the next check."""
        for key, _ in self._selector.select(CHECK_INTERVAL_S):
            if key.data is None:
                os.read(key.fd, 4096)
            elif not key.data.read_beats():
                self._selector.unregister(key.fd)
        before, self._awake_at = self._awake_at, time.monotonic()
        if self._awake_at - before > _LATE_S:
            for worker in self._workers():
                worker.reset_silence()

    def _check(self) -> int:
        """Replace the workers that need it; returns a status to exit with, or 0."""
        for slot in self._slots:
            worker = slot.worker
            if worker is None:
                continue
            self._was_ready |= worker.has_beaten
            if worker.has_beaten:
                slot.failures = 0
            if (reason := worker.verdict()) is None:
                continue
            if not self._was_ready and reason == "exited":
                return worker.exit_status or 1
            self._retire(slot, worker, reason)
        return 0

    def _retire(self, slot: Slot, worker: WorkerProcess, reason: Reason) -> None:
        worker.kill()
        log.write("error", f"worker {worker.pid} {reason}; starting another", worker=worker.pid)
        if not worker.has_beaten:
            slot.postpone()
        slot.worker, slot.reason = None, reason
        if worker.beats in self._selector.get_map():
            self._selector.unregister(worker.beats)
        worker.close()

    def _workers(self) -> list[WorkerProcess]:
        return [slot.worker for slot in self._slots if slot.worker is not None]

    def _stop(self) -> None:
        """Let the workers finish their requests, then kill those that still run."""
        os.close(self._listener)
        workers = self._workers()
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

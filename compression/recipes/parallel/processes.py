"""Starts worker processes, hands them groups, and ends them."""

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import wait

from compression.recipes.parallel.groups import Group
from compression.recipes.parallel.worker import GroupEnd, Message, work
from compression.recipes.variant_builder import BuildInputs

_SPAWN = multiprocessing.get_context("spawn")  # a fork of a process with torch's threads may hang
_SECONDS_TO_EXIT = 10


def build_groups(inputs: BuildInputs, groups: Sequence[Group], *, jobs: int) -> Iterator[Message]:
    """Build groups in several processes.

    Args:
        inputs: of the build; sent to each process once, since its texts may be large.
        groups: begun in this order.
        jobs: the highest number of processes.

    Yields:
        The messages of all processes, as they come. If a process dies, its group ends with a
        problem, and another process builds those that are left. All processes end with this
        generator.
    """
    waiting, pickled = deque(groups), pickle.dumps(inputs)
    with _ended_at_exit() as workers:
        # All start before the first one is sent anything, so that they import torch together.
        idle = [_Worker(workers) for _ in groups[:jobs]]
        for worker in idle:
            worker.send(pickled)
        busy: list[_Worker] = []
        while waiting or busy:
            while waiting and len(busy) < jobs:
                busy.append(idle.pop(0) if idle else _replacement(workers, pickled))
                busy[-1].begin(waiting.popleft())
            for worker in _with_messages(busy):
                message = worker.receive()
                if isinstance(message, GroupEnd):
                    busy.remove(worker)
                    idle += [worker] if worker.is_alive else []
                yield message


@contextmanager
def _ended_at_exit() -> Iterator[list["_Worker"]]:
    """A list of workers, which are ended together, since each takes a second to exit."""
    workers: list[_Worker] = []
    try:
        yield workers
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


def _replacement(workers: list["_Worker"], pickled: bytes) -> "_Worker":
    worker = _Worker(workers)
    worker.send(pickled)
    return worker


def _with_messages(workers: Sequence["_Worker"]) -> list["_Worker"]:
    """Wait until one of them has sent a message or died."""
    ready = wait([worker.connection for worker in workers])
    return [worker for worker in workers if worker.connection in ready]


class _Worker:
    """A process, and the group that it builds."""

    def __init__(self, workers: list["_Worker"]) -> None:
        """Start the process, and append it to the list of those that must be ended."""
        self.connection, other_end = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=work, args=(other_end,), daemon=True)
        self._left: list[str] = []
        with other_end, _interrupts_blocked():
            self._process.start()
            workers.append(self)

    @property
    def is_alive(self) -> bool:
        """Whether it can build another group."""
        return self._process.is_alive()

    def begin(self, group: Group) -> None:
        """Send a group."""
        self._left = [variant.name for variant in group]
        self.send(pickle.dumps(group))

    def send(self, pickled: bytes) -> None:
        """Send an object. `receive` tells whether the process has died."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send_bytes(pickled)

    def receive(self) -> Message:
        """The next message; if the process has died, the end of its group."""
        try:
            message: Message = self.connection.recv()
        except (EOFError, ConnectionResetError):
            return GroupEnd(self._death())
        if not isinstance(message, GroupEnd):
            self._left.pop(0)
        return message

    def terminate(self) -> None:
        """Ask the process to exit, whatever it is doing."""
        self._process.terminate()

    def join(self) -> None:
        """Wait until the process has exited; kill it if it does not."""
        self._process.join(_SECONDS_TO_EXIT)
        self._process.kill()
        self._process.join()
        self.connection.close()

    def _death(self) -> str:
        self._process.join()
        code = self._process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"status {code}"
        return f"variant {self._left[0]}: its process has ended ({how})"


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C for processes that start meanwhile; this one receives it afterwards.

    A terminal sends it to all processes, and each would print a traceback.
    """
    resource_tracker.ensure_running()  # otherwise started with the first process, and unblocks
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""The parent of several workers, with real processes that do nothing but beat."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.supervision.supervisor import MAX_DELAY_S, Slot, Supervisor
from tests.processes import has_ended

WORKER = str(Path(__file__).with_name("worker.py"))
WAIT_S = 30.0


class Parent:
    """A running supervisor."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process, self._folder = process, folder

    def started(self, count: int) -> list[tuple[int, str]]:
        """Process id and reason of the first workers, once there are so many."""
        wait_for(lambda: len(self._lines()) >= count)
        return [(int(pid), reason) for pid, reason in map(str.split, self._lines())]

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def _lines(self) -> list[str]:
        path = self._folder / "started"
        return path.read_text().splitlines() if path.exists() else []


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def supervisor(
    folder: Path, mode: str, workers: int = 1, log_path: Path | None = None
) -> Iterator[Parent]:
    with socket.socket() as listener, (log_path or folder / "log").open("wb") as log:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        descriptor = str(listener.fileno())
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "service.supervision.supervisor"),
                *(descriptor, str(workers), WORKER, str(folder), mode),
            ],
            pass_fds=[listener.fileno()],
            stderr=log,
        )
    try:
        yield Parent(process, folder)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGKILL, "killed"), (signal.SIGSTOP, "stopped")]
)
def test_a_worker_that_is_killed_or_stopped_is_replaced(
    number: signal.Signals, reason: str, tmp_path: Path
) -> None:
    with supervisor(tmp_path, "well", workers=2) as parent:
        (first, _), (second, _) = parent.started(2)
        os.kill(first, number)
        assert parent.started(3)[2][1] == reason
        assert has_ended(first)
        assert not has_ended(second)
        assert f"worker {first} {reason}; starting another" in parent.log()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_log_on_a_full_disk_ends_nothing(tmp_path: Path) -> None:
    with supervisor(tmp_path, "well", workers=2, log_path=Path("/dev/full")) as parent:
        (first, _), (second, _) = parent.started(2)
        os.kill(first, signal.SIGKILL)
        assert parent.started(3)[2][1] == "killed"
        assert not has_ended(second)


@pytest.mark.parametrize("error", [BlockingIOError(11, "x"), subprocess.SubprocessError("x")])
def test_a_worker_that_cannot_be_started_is_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The system allows no further process: the workers there are must go on."""
    attempts = []

    def refuse(*arguments: object, **_: object) -> None:
        attempts.append(arguments)
        raise error

    monkeypatch.setattr(subprocess, "Popen", refuse)
    parent = Supervisor(["-c", "pass"], listener=0, workers=1)
    files = len(list(Path("/dev/fd").iterdir()))
    parent._start_due()
    parent._start_due()
    assert len(attempts) == 1
    assert len(list(Path("/dev/fd").iterdir())) == files
    assert "no worker can be started" in capfd.readouterr().err


def test_the_delay_after_many_failures_is_bounded() -> None:
    """The times are floating-point numbers, which cannot hold a thousand doublings."""
    slot = Slot(failures=5000)
    slot.postpone()
    assert 0 < slot.start_at - time.monotonic() <= MAX_DELAY_S


@pytest.mark.parametrize("mode", ["busy", "asleep"])
def test_a_worker_whose_loop_is_stuck_is_replaced(mode: str, tmp_path: Path) -> None:
    with supervisor(tmp_path, mode) as parent:
        (first, _), (_, reason) = parent.started(2)
        assert reason == "wedged"
        assert has_ended(first)


def test_a_worker_that_leaves_is_replaced(tmp_path: Path) -> None:
    with supervisor(tmp_path, "leave") as parent:
        assert parent.started(2)[1][1] == "exited"


def test_workers_that_cannot_start_end_the_parent(tmp_path: Path) -> None:
    with supervisor(tmp_path, "fail", workers=2) as parent:
        assert parent.process.wait(WAIT_S) == 3


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    with supervisor(tmp_path, "deaf", workers=2) as parent:
        workers = [pid for pid, _ in parent.started(2)]
        parent.process.kill()
        wait_for(lambda: all(map(has_ended, workers)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_parent_and_workers(number: signal.Signals, tmp_path: Path) -> None:
    with supervisor(tmp_path, "well", workers=2) as parent:
        workers = [pid for pid, _ in parent.started(2)]
        time.sleep(0.1)  # the workers beat
        parent.process.send_signal(number)
        assert parent.process.wait(WAIT_S) == 0
        assert all(map(has_ended, workers))


def test_a_signal_that_waits_since_the_start_ends_the_parent(tmp_path: Path) -> None:
    blocked = {signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)  # the parent inherits this
    try:
        with supervisor(tmp_path, "well") as parent:
            parent.process.send_signal(signal.SIGTERM)
            assert parent.process.wait(WAIT_S) == 0
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_the_parent_imports_the_standard_library_alone() -> None:
    found = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys, service.supervision.supervisor as s; print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    foreign = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)
    own = {name for name in found if name.startswith("service")}
    assert "numpy" not in foreign
    assert all(name.startswith("service.supervision") for name in own - {"service"})

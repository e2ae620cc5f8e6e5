"""A file lock excludes threads and processes, and waiting for it times out."""

import multiprocessing
import threading
from pathlib import Path

import pytest

from service.errors import UnavailableError
from service.state import lock
from service.state.lock import file_lock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".lock"


def increment(path: Path, times: int) -> None:
    """Read a counter and write it back, which loses counts unless the lock excludes others."""
    counter = path.parent / "counter"
    for _ in range(times):
        with file_lock(path):
            counter.write_text(str(int(counter.read_text()) + 1))


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_only_one_holder_at_a_time(path: Path, kind: str) -> None:
    (path.parent / "counter").write_text("0")
    start = threading.Thread if kind == "threads" else multiprocessing.get_context("fork").Process
    workers = [start(target=increment, args=(path, 25)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (path.parent / "counter").read_text() == "100"


def test_a_held_lock_is_an_error_after_the_timeout(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LOCK_TIMEOUT_S", 0.02)
    with file_lock(path), pytest.raises(UnavailableError) as error, file_lock(path):
        pass
    assert path.name in error.value.message


def test_it_is_released_after_an_exception(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), file_lock(path):
        raise ZeroDivisionError
    with file_lock(path):
        pass


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), file_lock(tmp_path / "missing" / ".lock"):
        pass

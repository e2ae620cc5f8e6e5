"""Files of counters: round trips, locks, and files that were damaged by others."""

import fcntl
import multiprocessing
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.observability import worker_file
from service.observability.worker_file import (
    FileDamagedError,
    Key,
    Record,
    Records,
    WorkerFile,
    read_snapshot,
)

KEY = Key("emotion_texts_total", ("variant",), ("fp32",))
OTHER = Key("emotion_requests_total", ("variant", "outcome"), ("nano", "ok"))
LABELS = st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=3)
RECORDS = st.dictionaries(
    st.builds(
        lambda name, labels: Key(name, tuple(n for n, _ in labels), tuple(v for _, v in labels)),
        st.text(max_size=20),
        LABELS,
    ),
    st.builds(Record, st.floats(allow_nan=False), st.floats(allow_nan=False)),
    max_size=5,
)


@pytest.fixture
def file(tmp_path: Path) -> WorkerFile:
    claimed = WorkerFile.claim(tmp_path)
    claimed.replace({KEY: Record(1, 0)})
    return claimed


@given(records=RECORDS)
def test_what_is_written_is_read(
    records: Records, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = WorkerFile.claim(tmp_path_factory.mktemp("metrics"))
    file.replace(records)
    assert read_snapshot(file.path) == (os.getpid(), True, records)
    assert file.records() == records
    file.close()


def test_values_are_changed_in_place_and_added(file: WorkerFile) -> None:
    (position,) = file.replace({KEY: Record(1, 0)})
    added = file.append(OTHER, Record(5, 0))
    file.change(position, 2, 7)
    file.change(added, 6, 8)
    file.flush()
    assert read_snapshot(file.path).records == {KEY: Record(2, 7), OTHER: Record(6, 8)}
    assert file.is_intact()


def test_a_living_worker_keeps_its_file_and_a_dead_one_leaves_it(
    file: WorkerFile, tmp_path: Path
) -> None:
    second = WorkerFile.claim(tmp_path)
    assert second.path != file.path
    file.close()
    assert not read_snapshot(file.path).is_alive
    assert read_snapshot(second.path).is_alive
    third = WorkerFile.claim(tmp_path)
    assert third.path == file.path
    assert third.records() == {KEY: Record(1, 0)}
    third.replace({})
    assert not list(tmp_path.glob("*.part"))


def _count_and_die(folder: Path) -> None:
    file = WorkerFile.claim(folder)
    (position,) = file.replace({KEY: Record(0, 0)})
    for number in range(1, 101):
        file.change(position, number, 0)
        file.flush()
    os.kill(os.getpid(), 9)


def test_counts_survive_sigkill(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_count_and_die, args=(tmp_path,))
    process.start()
    process.join()
    (path,) = tmp_path.iterdir()
    assert read_snapshot(path) == (process.pid, False, {KEY: Record(100, 0)})


def test_an_entry_that_is_being_written_is_left_out(file: WorkerFile) -> None:
    file.append(OTHER, Record(5, 0))
    content = file.path.read_bytes()
    for cut in range(1, 60):
        file.path.write_bytes(content[:-cut])
        assert read_snapshot(file.path).records == {KEY: Record(1, 0)}
    assert not file.is_intact()


@pytest.mark.parametrize("content", [b"", b"emotion1", b"\0" * 4096, b"# HELP", b"emotion2" * 9])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "worker-0.metrics"
    path.write_bytes(content)
    with pytest.raises(FileDamagedError):
        read_snapshot(path)


def test_random_damage_is_refused_or_leaves_only_known_names(file: WorkerFile) -> None:
    file.append(OTHER, Record(5, 0))
    content = file.path.read_bytes()
    generator = random.Random(0)
    for _ in range(500):
        damaged = bytearray(content)
        for _ in range(generator.randint(1, 8)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        file.path.write_bytes(damaged)
        try:
            found = read_snapshot(file.path)
        except FileDamagedError:
            continue
        assert found.records.keys() <= {KEY, OTHER}


def test_a_hole_left_by_a_file_that_was_cut_is_refused(file: WorkerFile) -> None:
    (position,) = file.replace({KEY: Record(1, 0)})
    file.append(OTHER, Record(5, 0))
    os.truncate(file.path, 0)
    file.change(position, 3, 0)
    file.flush()
    with pytest.raises(FileDamagedError):
        read_snapshot(file.path)
    assert not file.is_intact()
    file.replace({KEY: Record(3, 0)})
    assert file.is_intact()
    assert read_snapshot(file.path).records == {KEY: Record(3, 0)}


def test_a_deleted_file_is_noticed_and_restored(file: WorkerFile) -> None:
    file.path.unlink()
    assert not file.is_intact()
    file.replace({KEY: Record(4, 0)})
    assert read_snapshot(file.path).records == {KEY: Record(4, 0)}


@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "huge"])
def test_anything_but_a_file_is_refused_without_waiting(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "worker-0.metrics"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/dev/zero")
    else:
        monkeypatch.setattr(worker_file, "MAX_BYTES", 3)
        path.write_bytes(b"1234")
    with pytest.raises((FileDamagedError, OSError)):
        read_snapshot(path)


def test_a_file_that_was_replaced_while_it_was_claimed_is_left_alone(
    file: WorkerFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claimant opened the old file, then its owner put a new one in its place."""
    original = fcntl.flock

    def replaced_before(descriptor: int, kind: int) -> None:
        monkeypatch.setattr(worker_file.fcntl, "flock", original)
        file.replace({KEY: Record(9, 0)})
        original(descriptor, kind)

    monkeypatch.setattr(worker_file.fcntl, "flock", replaced_before)
    assert WorkerFile._claim(file.path) is None


@pytest.mark.parametrize("apart", [1, 1000])
def test_changes_close_together_or_far_apart(file: WorkerFile, apart: int) -> None:
    records = {Key("n", ("i",), (str(i),)): Record(0, 0) for i in range(apart + 1)}
    positions = file.replace(records)
    for number in (1, 2):
        file.change(positions[0], number, 0)
        file.change(positions[-1], number, 0)
    assert read_snapshot(file.path).records == records
    for _ in range(2):
        file.flush()
    first, *between, last = read_snapshot(file.path).records.values()
    assert (first, last) == (Record(2, 0), Record(2, 0))
    assert set(between) <= {Record(0, 0)}

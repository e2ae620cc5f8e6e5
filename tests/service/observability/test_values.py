"""Numbers in memory and in files that fail: no number is lost, and nothing raises."""

import errno
import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.observability import exposition as exposition_module
from service.observability import values as module
from service.observability import worker_file
from service.observability.exposition import Exposition
from service.observability.values import Values
from service.observability.worker_file import Key, read_snapshot


class Worker:
    """One worker's numbers, metrics and page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, others: "list[Worker]") -> None:
        self._patch, self._all = monkeypatch, others
        others.append(self)
        self.values = Values()
        self.activate()
        registry = CollectorRegistry()
        self.texts = Counter("t_texts_total", "Texts.", ["variant"], registry=registry)
        self.memory = Gauge(
            "t_memory", "Bytes.", ["part"], registry=registry, multiprocess_mode="liveall"
        )
        self.seconds = Histogram("t_seconds", "Time.", buckets=(1, 2), registry=registry)
        self.definitions = (self.texts, self.memory, self.seconds)
        self.page = Exposition(self.definitions, self.values)

    def activate(self) -> None:
        """Numbers that metrics make from now on are this worker's."""
        self._patch.setattr(module, "VALUES", self.values)

    def share_in(self, folder: Path) -> None:
        self.activate()
        self.values.share_in(folder)

    def count(self, variant: str, number: float = 1) -> None:
        self.activate()
        self.texts.labels(variant).inc(number)

    def observe(self, seconds: float) -> None:
        self.activate()
        self.seconds.observe(seconds)

    def end(self) -> None:
        """What remains of a worker that was killed."""
        self.values.flush()
        self.values._file.close()
        self.values._file = None
        self.values._folder = None

    @property
    def lines(self) -> set[str]:
        """The samples of its page, after all workers have answered their requests."""
        for worker in self._all:
            worker.values.flush()
        return {line for line in self.page.render().decode().splitlines() if line[0] != "#"}


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Worker]:
    workers: list[Worker] = []
    return lambda: Worker(monkeypatch, workers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shared"


def test_one_worker_needs_no_file(make: Callable[[], Worker]) -> None:
    worker = make()
    worker.count("a")
    worker.observe(1.5)
    worker.values.maintain()
    assert worker.lines == {
        't_texts_total{variant="a"} 1.0',
        't_seconds_bucket{le="1.0"} 0.0',
        't_seconds_bucket{le="2.0"} 1.0',
        't_seconds_bucket{le="+Inf"} 1.0',
        "t_seconds_count 1.0",
        "t_seconds_sum 1.5",
    }


def test_workers_add_up(make: Callable[[], Worker], folder: Path) -> None:
    one, other = make(), make()
    for worker in (one, other):
        worker.count("before")
        worker.share_in(folder)
        worker.count("a", 2)
        worker.observe(3)
    other.count("b")
    for worker in (one, other):
        assert 't_texts_total{variant="before"} 2.0' in worker.lines
        assert 't_texts_total{variant="a"} 4.0' in worker.lines
        assert 't_texts_total{variant="b"} 1.0' in worker.lines
        assert "t_seconds_sum 6.0" in worker.lines


def test_a_new_worker_continues_the_counts_of_an_ended_one(
    make: Callable[[], Worker], folder: Path
) -> None:
    ended = make()
    ended.share_in(folder)
    ended.count("a", 5)
    ended.count("old", 7)
    ended.observe(1)
    ended.memory.labels("heap").set(3)
    ended.end()
    worker = make()
    worker.count("a")
    worker.share_in(folder)
    worker.count("a")
    assert len(list(folder.iterdir())) == 1
    assert 't_texts_total{variant="a"} 7.0' in worker.lines
    assert 't_texts_total{variant="old"} 7.0' in worker.lines
    assert "t_seconds_count 1.0" in worker.lines
    assert not any(line.startswith("t_memory") for line in worker.lines)
    worker.count("old")
    assert 't_texts_total{variant="old"} 8.0' in worker.lines
    assert make_third(make, folder, worker) == worker.lines


def make_third(make: Callable[[], Worker], folder: Path, second: Worker) -> set[str]:
    before = second.lines
    second.end()
    third = make()
    third.share_in(folder)
    assert third.lines == before
    return third.lines | second.lines


def test_inherited_counts_of_a_forgotten_variant_are_dropped(
    make: Callable[[], Worker], folder: Path
) -> None:
    ended = make()
    ended.share_in(folder)
    ended.count("old")
    ended.end()
    worker = make()
    worker.share_in(folder)
    worker.values.forget_inherited("old")
    worker.values.maintain()
    assert not any("old" in line for line in worker.lines)
    assert read_snapshot(worker.values.own_path).records == worker.values.records()


def test_removed_series_leave_memory_and_file(make: Callable[[], Worker], folder: Path) -> None:
    worker = make()
    worker.share_in(folder)
    worker.count("a")
    worker.count("b")
    worker.texts.remove("a")
    gc.collect()
    worker.values.maintain()
    records = read_snapshot(worker.values.own_path).records
    assert Key("t_texts_total", ("variant",), ("a",)) not in records
    assert Key("t_texts_total", ("variant",), ("b",)) in records
    worker.count("b")
    assert 't_texts_total{variant="b"} 2.0' in worker.lines


def cut(path: Path) -> None:
    os.truncate(path, 0)


def overwrite(path: Path) -> None:
    path.write_bytes(b"garbage")


def delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("damage", [Path.unlink, cut, overwrite, delete_folder])
def test_a_file_that_others_damage_is_restored_with_every_count(
    make: Callable[[], Worker], folder: Path, damage: Callable[[Path], None]
) -> None:
    worker, other = make(), make()
    for one in (worker, other):
        one.share_in(folder)
        one.count("a", 3)
    damage(worker.values.own_path)
    worker.count("a")
    worker.count("new")
    for one in (worker, other):
        one.activate()
        one.values.maintain()
    assert 't_texts_total{variant="a"} 7.0' in worker.lines & other.lines
    assert 't_texts_total{variant="new"} 1.0' in worker.lines & other.lines


@pytest.mark.parametrize("content", [b"", b"garbage", b"emotion1" + bytes(500)])
def test_damaged_files_of_others_are_left_out_logged_once_and_counted(
    make: Callable[[], Worker], folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    worker = make()
    worker.share_in(folder)
    worker.count("a", 3)
    (folder / "worker-99999.metrics").write_bytes(content)
    for _ in range(3):
        assert 't_texts_total{variant="a"} 3.0' in worker.lines
    assert caplog.text.count("worker-99999.metrics is left out of /metrics") == 1
    assert worker.values.take_errors() == 1
    assert worker.values.take_errors() == 0


@pytest.mark.parametrize("failing", ["pwrite", "open", "mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE, errno.ENOMEM])
def test_failing_calls_cost_the_sharing_and_no_count(
    make: Callable[[], Worker],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
    number: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    worker, other = make(), make()
    other.share_in(folder)
    with monkeypatch.context() as patch:
        patch.setattr(worker_file.os, failing, fail)
        worker.share_in(folder if failing != "mkdir" else folder / "sub")
        for _ in range(5):
            worker.count("a")
            worker.values.maintain()
        assert 't_texts_total{variant="a"} 5.0' in worker.lines
    assert caplog.text.count("the metrics of this worker are not shared") == 1
    worker.values._retry._due_at = 0.0
    worker.values.maintain()
    assert worker.values._problem is None
    if failing != "mkdir":
        assert 't_texts_total{variant="a"} 5.0' in other.lines
    assert not list(folder.rglob("*.part"))


def test_a_disk_that_fills_up_later_is_overcome(
    make: Callable[[], Worker], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, other = make(), make()
    for one in (worker, other):
        one.share_in(folder)
    worker.count("a")

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(worker_file.os, "pwrite", fail)
        worker.count("a")
        worker.count("b")
        worker.values.maintain()
    assert 't_texts_total{variant="a"} 2.0' in worker.lines
    worker.values._retry._due_at = 0.0
    worker.values.maintain()
    worker.count("b")
    assert {'t_texts_total{variant="a"} 2.0', 't_texts_total{variant="b"} 2.0'} <= other.lines


def test_a_folder_that_cannot_be_listed_shows_one_worker(
    make: Callable[[], Worker], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    worker = make()
    worker.share_in(folder)
    worker.count("a")
    monkeypatch.setattr(exposition_module.Path, "glob", fail)
    assert 't_texts_total{variant="a"} 1.0' in worker.lines


def test_damaged_counts_of_an_ended_worker_are_given_up(
    make: Callable[[], Worker], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir(mode=0o700)
    (folder / "worker-0.metrics").write_bytes(b"garbage")
    worker = make()
    worker.share_in(folder)
    worker.count("a")
    worker.values.flush()
    assert "the counts in" in caplog.text
    assert [path.name for path in folder.iterdir()] == ["worker-0.metrics"]
    assert read_snapshot(worker.values.own_path).records == worker.values.records()

"""Judged pairs on disk: bounded, once for each receipt, whole or not at all."""

import itertools
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.inference import judged_pairs
from service.inference.judged_pairs import FILE_NAME, JudgedPairs, Judgement, Pair, Source
from service.inference.receipts import UsedReceiptError
from service.state import private_database
from service.state.private_database import DatabaseError
from tests.faults import Faults, check_every_fault

LABELS = tuple("abcdefghi")
SOURCE = Source("nano", "sha", LABELS)
SECOND = 10**9


@pytest.fixture(scope="module", autouse=True)
def _without_flushes() -> Iterator[None]:
    """They take most of the time, and matter only if the power fails."""
    with pytest.MonkeyPatch.context() as patch:
        quick = private_database._OPTIONS.replace("synchronous = FULL", "synchronous = OFF")
        patch.setattr(private_database, "_OPTIONS", quick)
        yield


def judgement(
    number: int, *, second: int = 0, texts: int = 1, source: Source = SOURCE
) -> Judgement:
    """The pairs of a receipt, told apart by their logits."""
    pairs = [Pair(bytes((number, text)), predicted=256, true=number) for text in range(texts)]
    return Judgement(source, bytes((number,)) * 16, second * SECOND + 5, pairs)


def numbers(store: JudgedPairs) -> list[int]:
    return [pair.logits[0] for kept in store.all() for pair in kept.pairs]


def test_pairs_come_back_as_they_were_given(tmp_path: Path) -> None:
    store = JudgedPairs(tmp_path / "state", max_pairs=9)
    assert store.all() == []
    pairs = [Pair(b"\x81\x7f", None, 0b1_0000_0001), Pair(b"\0\1", 0b1_0000_0000, 0)]
    assert store.keep(Judgement(SOURCE, b"r" * 16, 7 * SECOND + 1, pairs)) == 0
    other = Source("nano", "another file", ("x",))
    store.keep(Judgement(other, b"s" * 16, 9 * SECOND, [Pair(b"\2", 0, 1)]))
    (first, second) = JudgedPairs(tmp_path / "state", max_pairs=9).all()
    assert (first.source, first.pairs, first.first, first.last) == (SOURCE, pairs, 7, 7)
    assert (second.source, second.pairs) == (other, [Pair(b"\2", 0, 1)])


def test_a_receipt_counts_once_for_all_processes(tmp_path: Path) -> None:
    store, other = (JudgedPairs(tmp_path, max_pairs=9) for _ in range(2))
    store.keep(judgement(1, texts=2))
    for each in (store, other):
        with pytest.raises(UsedReceiptError):
            each.keep(judgement(1, texts=2))
    assert numbers(other) == [1, 1]


@given(st.lists(st.integers(0, 7), max_size=20), st.integers(1, 5))
def test_the_newest_answers_stay_whatever_comes_in_which_order(
    tmp_path_factory: pytest.TempPathFactory, sent: list[int], bound: int
) -> None:
    """Replays included: against a model that keeps all receipts for ever."""
    seconds = dict(zip(range(8), (5, 3, 3, 8, 1, 3, 9, 2), strict=True))
    store = JudgedPairs(tmp_path_factory.mktemp("state"), max_pairs=bound)
    model: set[tuple[int, int, int]] = set()
    for number in sent:
        each = judgement(number, second=seconds[number], texts=1 + number % 2)
        try:
            store.keep(each)
        except UsedReceiptError:
            assert any(known == number for _, known, _ in model)
        model |= {(seconds[number], number, text) for text in range(len(each.pairs))}
        model = set(sorted(model)[-bound:])
    assert numbers(store) == [number for _, number, _ in sorted(model)]


def test_dropped_pairs_are_counted(tmp_path: Path) -> None:
    store = JudgedPairs(tmp_path, max_pairs=3)
    assert [store.keep(judgement(n, second=n, texts=2)) for n in range(4)] == [0, 1, 2, 2]
    assert numbers(store) == [2, 3, 3]
    assert store.keep(judgement(9, second=0)) == 1  # itself: it is the oldest
    assert numbers(store) == [2, 3, 3]


def test_the_file_judged_least_recently_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged_pairs, "MAX_FILES", 2)
    store = JudgedPairs(tmp_path, max_pairs=9)
    files = [Source("nano", name, LABELS) for name in ("one", "two", "three")]
    store.keep(judgement(1, source=files[0], texts=2))
    store.keep(judgement(2, source=files[1], texts=3))
    store.keep(judgement(3, source=files[0]))
    assert store.keep(judgement(4, source=files[2])) == 3
    assert [(kept.source.sha256, len(kept.pairs)) for kept in store.all()] == [
        ("one", 3),
        ("three", 1),
    ]


def test_ten_thousand_pairs_take_less_than_a_megabyte(tmp_path: Path) -> None:
    store = JudgedPairs(tmp_path, max_pairs=10_000)
    pairs = [Pair(b"\0" * 7, 3, 1)] * 250
    for number in range(50):
        receipt = number.to_bytes(16, "little")
        store.keep(Judgement(SOURCE, receipt, number * SECOND, pairs))
    assert len(numbers(store)) == 10_000
    assert (tmp_path / FILE_NAME).stat().st_size < 2**20


class Ledger:
    """What was acknowledged, and what must therefore be there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.acknowledged, self.failed = folder, set[int](), set[int]()
        self.store = JudgedPairs(folder, max_pairs=99)
        self.keep(0)
        assert self.acknowledged == {0}

    def keep(self, number: int) -> None:
        try:
            self.store.keep(judgement(number, texts=2))
        except DatabaseError:
            self.failed.add(number)
        else:
            self.acknowledged.add(number)

    def check(self) -> None:
        """After the fault, and after a restart: all of it, whole, once, and new pairs as well."""
        for store in (self.store, JudgedPairs(self.folder, max_pairs=99)):
            found = numbers(store)
            assert set(found) >= self.acknowledged
            assert all(found.count(number) == 2 for number in found)
            assert set(found) <= self.acknowledged | self.failed
        self.keep(100)
        assert 100 in self.acknowledged
        assert numbers(JudgedPairs(self.folder, max_pairs=99)).count(100) == 2
        assert not (self.folder / f"{FILE_NAME}.damaged").exists()


def test_each_call_of_python_to_the_file_system_fails(tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in itertools.count())

    def check(faults: Faults) -> None:
        ledger = Ledger(next(folders))
        ledger.store = JudgedPairs(ledger.folder, max_pairs=99)
        with faults:
            ledger.keep(1)
            ledger.store = JudgedPairs(ledger.folder, max_pairs=99)
            ledger.keep(2)
        ledger.check()

    assert check_every_fault(check, within=tmp_path) > 10


def test_the_first_pair_is_kept_or_reported_whatever_call_fails(tmp_path: Path) -> None:
    folders = (tmp_path / str(number) / "state" for number in itertools.count())

    def check(faults: Faults) -> None:
        folder, kept = next(folders), False
        with faults:
            try:
                kept = JudgedPairs(folder, max_pairs=9).keep(judgement(1)) == 0
            except DatabaseError:
                kept = False
        found = numbers(JudgedPairs(folder, max_pairs=9))
        assert found in ([1], [1] if kept else [])

    assert check_every_fault(check, within=tmp_path) > 20


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_BUSY]
)
def test_each_statement_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, is_done: bool
) -> None:
    """Before it is done, or after: then SQLite could not tell that it was."""
    for at in itertools.count():
        ledger = Ledger(tmp_path / str(at))
        ledger.store = JudgedPairs(ledger.folder, max_pairs=99)
        with _failing_statement(monkeypatch, at, code, is_done=is_done) as has_failed:
            ledger.keep(1)
            ledger.keep(2)
        ledger.check()
        if not has_failed():
            break
    assert at > 15
    assert ledger.acknowledged == {0, 1, 2, 100}


@contextmanager
def _failing_statement(
    monkeypatch: pytest.MonkeyPatch, at: int, code: int, *, is_done: bool
) -> Iterator[Any]:
    count = itertools.count()
    reached, is_over = 0, False

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            return self._run(super().execute, *arguments)

        def executemany(self, *arguments: Any) -> sqlite3.Cursor:
            return self._run(super().executemany, *arguments)

        def _run(self, method: Any, *arguments: Any) -> Any:
            nonlocal reached
            if is_over:
                return method(*arguments)
            reached = next(count)
            result = method(*arguments) if is_done or reached != at else None
            if reached == at:
                result = None  # an error that keeps a cursor keeps its lock
                error = sqlite3.OperationalError("a fault")
                error.sqlite_errorcode, error.sqlite_errorname = code, "A_FAULT"
                raise error
            return result

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(
            sqlite3, "connect", lambda *a, **options: connect(*a, factory=Connection, **options)
        )
        yield lambda: reached >= at
    is_over = True


def test_a_disk_fills_at_any_byte(tmp_path: Path) -> None:
    """The system refuses to write files beyond a size, in the database or its journal."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    failures = 0
    for size in range(0, 40_000, 1_500):
        ledger = Ledger(tmp_path / str(size))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
            for number in range(1, 6):
                ledger.keep(number)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        failures += len(ledger.failed)
        ledger.check()
    assert failures > 10
    assert not ledger.failed

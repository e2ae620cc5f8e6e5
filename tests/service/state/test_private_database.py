"""The database of a state folder: private, durable, replaced and damaged files."""

import errno
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from service.state import private_database
from service.state.private_database import DatabaseError, PrivateDatabase

SCHEMA = "CREATE TABLE words (word TEXT PRIMARY KEY); CREATE TABLE other (n INTEGER)"


class Opened:
    """Databases over one path, and how often a damaged file was put aside."""

    def __init__(self, path: Path) -> None:
        self.path, self.damaged = path, 0

    def __call__(self, *, version: int = 1) -> PrivateDatabase:
        return PrivateDatabase(
            self.path, schema=SCHEMA, version=version, on_damage=self._count_damage
        )

    def _count_damage(self) -> None:
        self.damaged += 1


@pytest.fixture
def database(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "new" / "words.sqlite3")


def add(database: PrivateDatabase, word: str) -> None:
    database.write(lambda connection: connection.execute("INSERT INTO words VALUES (?)", (word,)))


def words(database: PrivateDatabase) -> list[str] | None:
    return database.read(
        lambda connection: [w for (w,) in connection.execute("SELECT word FROM words ORDER BY 1")]
    )


def test_it_is_created_by_the_first_write_for_this_user_alone(database: Opened) -> None:
    assert words(database()) is None
    assert not database.path.parent.exists()
    add(database(), "one")
    assert words(database()) == ["one"]
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in database.path.parent.iterdir()
    }
    assert modes.pop("words.sqlite3") == 0o600
    assert set(modes.items()) <= {("words.sqlite3-journal", 0o600)}


def test_a_file_that_others_can_read_becomes_private(database: Opened) -> None:
    add(database(), "one")
    database.path.chmod(0o644)
    add(database(), "two")
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


def test_what_is_written_is_flushed_in_every_transaction(database: Opened) -> None:
    add(database(), "one")
    modes = database().read(
        lambda connection: [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "mmap_size")
        ]
    )
    assert modes == ["truncate", 2, 0]  # 2 is FULL


def test_a_transaction_that_raises_changes_nothing(database: Opened) -> None:
    own = database()
    add(own, "one")

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO words VALUES ('two')")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        own.write(work)
    assert words(own) == ["one"]
    with pytest.raises(DatabaseError, match="SQLITE_CONSTRAINT"):
        add(own, "one")
    add(own, "two")
    assert words(own) == ["one", "two"]


def test_a_file_that_was_removed_or_replaced_is_not_written_to(database: Opened) -> None:
    """A worker that has the old file open would lose what it writes."""
    first, second = database(), database()
    add(first, "one")
    database.path.unlink()
    add(first, "two")
    assert words(second) == ["two"]
    database.path.rename(database.path.with_name("elsewhere"))
    add(second, "three")
    assert words(first) == ["three"]


def test_a_file_that_is_replaced_during_a_transaction_gets_it_too(database: Opened) -> None:
    own = database()
    add(own, "one")
    moves = iter([database.path.with_name("elsewhere")])

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO words VALUES ('two')")
        for target in moves:
            database.path.rename(target)

    own.write(work)
    assert words(database()) == ["two"]


@pytest.mark.parametrize("content", [b"not a database" * 100, None])
def test_a_damaged_file_is_put_aside(
    database: Opened, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):  # the second takes the place of the first
        database().write(
            lambda connection: connection.executemany(
                "INSERT OR REPLACE INTO words VALUES (?)", [(f"word {n}",) for n in range(3000)]
            )
        )
        raw = database.path.read_bytes()
        database.path.write_bytes(content or raw[: len(raw) // 2])
        damaged = database.path.read_bytes()
        own = database()
        assert words(own) == []
        add(own, "one")
        assert words(database()) == ["one"]
        aside = database.path.with_name("words.sqlite3.damaged")
        assert aside.read_bytes() == damaged
    assert database.damaged == 2
    assert caplog.text.count("renamed to words.sqlite3.damaged") == 2


def test_a_file_that_looked_damaged_once_stays(
    database: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes an error of the disk for damage."""
    add(database(), "one")
    errors = iter([private_database._DamagedError()])

    def check(_: sqlite3.Connection) -> None:
        for error in errors:
            raise error

    monkeypatch.setattr(private_database, "_check_pages", check)
    add(database(), "two")
    assert words(database()) == ["one", "two"]
    assert database.damaged == 0


def test_a_file_that_the_disk_does_not_give_is_not_put_aside(
    database: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        assert path == database.path
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    database.path.parent.mkdir()
    database.path.write_bytes(b"not a database" * 100)
    with monkeypatch.context() as patch:
        patch.setattr(private_database, "_read_all", fail)
        with pytest.raises(DatabaseError, match="read or renamed: Input/output error"):
            add(database(), "one")
    assert database.damaged == 0
    add(database(), "one")
    assert database.damaged == 1


def test_a_page_that_cannot_be_read_is_no_damage() -> None:
    class Connection:
        def execute(self, _: str) -> "Connection":
            return self

        def fetchone(self) -> tuple[str]:
            return ("Tree 2 page 2: unable to get the page. error code=266",)

    with pytest.raises(DatabaseError, match="a page cannot be read: error 266"):
        private_database._check_pages(Connection())  # type: ignore[arg-type]


def test_a_damaged_file_that_another_process_put_aside_is_left_there(database: Opened) -> None:
    add(database(), "one")
    own = database()
    own._identity = (0, 0)  # of a damaged file, which is gone
    own._set_aside()
    assert words(database()) == ["one"]
    assert database.damaged == 0


def test_a_newer_version_is_left_alone(database: Opened) -> None:
    add(database(version=2), "one")
    with pytest.raises(DatabaseError, match="the file has version 2; this service has 1"):
        add(database(), "two")
    assert words(database(version=2)) == ["one"]


def test_what_is_no_regular_file_is_refused(database: Opened) -> None:
    database.path.parent.mkdir()
    os.mkfifo(database.path)
    with pytest.raises(DatabaseError, match="not a regular file"):
        add(database(), "one")


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    own = PrivateDatabase(tmp_path / "file" / "words.sqlite3", schema=SCHEMA, version=1)
    with pytest.raises(DatabaseError):
        add(own, "one")
    with pytest.raises(DatabaseError):
        words(own)


def test_a_database_in_use_is_waited_for_and_reported(
    database: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_database, "BUSY_S", 0.05)
    add(database(), "one")
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="SQLITE_BUSY"):
        add(database(), "two")
    other.close()
    own, inside, leave = database(), threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        inside.set()
        leave.wait(10)

    thread = threading.Thread(target=own.write, args=(hold,))
    thread.start()
    assert inside.wait(10)
    with pytest.raises(DatabaseError, match="in use"):
        words(own)
    leave.set()
    thread.join()
    assert words(own) == ["one"]

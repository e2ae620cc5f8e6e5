"""A SQLite database that workers share and that other users cannot read: a file of mode 0600.

Writes are transactions in rollback-journal mode with `synchronous = FULL`: when `write` returns,
SQLite has flushed the journal, the database and the end of the transaction with `fsync`, so that
the change survives `kill -9` and, if the disk keeps what it has flushed, a loss of power. WAL would
save a flush, but it needs memory shared by mapping a file, which a full disk ends with SIGBUS.

A damaged database is renamed to `NAME.damaged`, in the place of an earlier one, and a new one is
begun. All other failures change nothing and are reported.
"""

import logging
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import TypeVar
from urllib.parse import quote

from service.errors import UnavailableError
from service.state.file_signature import FolderIdentity, file_signature
from service.state.lock import file_lock

logger = logging.getLogger(__name__)

BUSY_S = 2.0
"""How long to wait for another thread or process that uses the database."""
_ATTEMPTS = 4
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_OPTIONS = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -1024;
"""

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


class DatabaseError(Exception):
    """The database cannot be used now; nothing has changed. The message is for logs and callers."""


class _ReplacedError(Exception):
    """The file is no longer the one that is open."""


class _DamagedError(Exception):
    """The file is not a sound database."""


class PrivateDatabase:
    """One database. Threads and processes may use it at the same time."""

    def __init__(
        self, path: Path, *, schema: str, version: int, on_damage: Callable[[], None] = lambda: None
    ) -> None:
        """Store the path; the first write creates the file and its folder.

        Args:
            path: the file. `PATH-journal` and `PATH.damaged` belong to it.
            schema: statements that create the tables.
            version: of the schema, above 0. A database of another version is left alone.
            on_damage: called when a damaged file has been renamed.
        """
        self._path, self._schema, self._version = path, schema, version
        self._on_damage = on_damage
        self._connection: sqlite3.Connection | None = None
        self._identity: FolderIdentity | None = None
        self._using = threading.Lock()

    def write(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction, and return when it is on disk.

        `work` runs again, on the new file, if the file is replaced in the meantime. If it raises,
        the transaction is rolled back.

        Raises:
            DatabaseError: nothing was written.
            Exception: any that `work` raises.
        """
        with self._held():
            return self._repeated(lambda: self._transaction("BEGIN IMMEDIATE", work))

    def read(self, work: Work[Result]) -> Result | None:
        """Run `work`, which changes nothing, on a consistent state.

        Returns:
            None if there is no file.

        Raises:
            DatabaseError: the database cannot be read.
            Exception: any that `work` raises.
        """
        with self._held():
            if file_signature(self._path) is None:
                return None
            return self._repeated(lambda: self._transaction("BEGIN", work))

    @contextmanager
    def _held(self) -> Iterator[None]:
        if not self._using.acquire(timeout=BUSY_S):
            raise DatabaseError("the database is in use")
        try:
            yield
        finally:
            self._using.release()

    def _repeated(self, attempt: Callable[[], Result]) -> Result:
        was_damaged = False
        for _ in range(_ATTEMPTS):
            try:
                return attempt()
            except _ReplacedError:
                was_damaged = False
            except _DamagedError:
                if was_damaged:
                    self._set_aside()
                was_damaged = not was_damaged
        raise DatabaseError("the file is being replaced again and again")

    def _transaction(self, begin: str, work: Work[Result]) -> Result:
        try:
            connection = self._connection or self._open()
            connection.execute(begin)
            self._check_identity()
            try:
                result = work(connection)
            except sqlite3.Error:
                raise
            except BaseException:
                connection.rollback()
                raise
            connection.execute("COMMIT")
            self._check_identity()  # again: a file that was renamed meanwhile is not read any more
        except sqlite3.Error as error:
            self._close()  # rolls back
            raise _translated(error) from None
        except OSError as error:
            self._close()
            raise DatabaseError(error.strerror or "the file cannot be used") from None
        except (DatabaseError, _DamagedError, _ReplacedError):
            self._close()
            raise
        return result

    def _open(self) -> sqlite3.Connection:
        """Open the file, after creating it if there is none.

        Nothing else in this process may open it, for closing any descriptor of a file releases the
        locks that the process holds on it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._create()
        status = self._path.lstat()
        if not S_ISREG(status.st_mode):
            raise DatabaseError("not a regular file")
        if status.st_mode & 0o077:
            self._path.chmod(0o600)
        self._identity = status.st_dev, status.st_ino
        address = f"file:{quote(str(self._path.absolute()))}?mode=rw"
        self._connection = connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        connection.executescript(_OPTIONS)
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        _check_pages(connection)
        self._check_schema(connection)
        return connection

    def _create(self) -> None:
        """Create an empty file, which is an empty database, that only this user can read."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        os.close(descriptor)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _check_schema(self, connection: sqlite3.Connection) -> None:
        if _version(connection) == 0:
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) == 0:  # again: another process may have been first
                for statement in filter(str.strip, self._schema.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {self._version:d}")
            connection.execute("COMMIT")
        if (found := _version(connection)) != self._version:
            raise DatabaseError(f"the file has version {found}; this service has {self._version}")

    def _check_identity(self) -> None:
        """Find out whether the path leads to the open file; its inode is not free for another."""
        try:
            status = self._path.lstat()
        except FileNotFoundError:
            raise _ReplacedError from None
        if (status.st_dev, status.st_ino) != self._identity:
            raise _ReplacedError

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _set_aside(self) -> None:
        """Rename a damaged file, unless another process has done so.

        SQLite takes a failing disk for damage, so the file has been opened twice and must be
        readable. Its journal goes first: left beside a new file, it would be rolled back into that.
        """
        name = self._path.name
        try:
            with file_lock(self._path.with_name(f".{name}.lock")):
                self._check_identity()
                _read_all(self._path)
                journal = self._path.with_name(f"{name}-journal")
                with suppress(FileNotFoundError):
                    journal.replace(self._path.with_name(f"{name}.damaged-journal"))
                self._path.replace(self._path.with_name(f"{name}.damaged"))
        except _ReplacedError:
            return
        except UnavailableError as error:
            raise DatabaseError(error.message) from None
        except OSError as error:
            problem = f"damaged, and cannot be read or renamed: {error.strerror}"
            raise DatabaseError(problem) from None
        logger.error("%s is damaged; renamed to %s.damaged, a new one is begun", self._path, name)
        self._on_damage()


def _read_all(path: Path) -> None:
    """Raise an OSError if the disk does not give a part of a file."""
    with path.open("rb", buffering=0) as file:
        while file.read(2**20):
            pass


def _check_pages(connection: sqlite3.Connection) -> None:
    """Find out whether the file is sound; a page that the disk does not give says nothing of it."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found == "ok":
        return
    code = re.search(r"unable to get the page\. error code=(\d+)", found)
    if code and int(code[1]) & 0xFF not in _DAMAGED:
        raise DatabaseError(f"a page cannot be read: error {code[1]}")
    raise _DamagedError


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _translated(error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF in _DAMAGED:
        return _DamagedError()
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return _ReplacedError()
    return DatabaseError(getattr(error, "sqlite_errorname", type(error).__name__))

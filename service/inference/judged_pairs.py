"""Judged answers on disk: the logits of a text and its true labels, without the text.

The pairs serve to adapt a variant to the texts that it meets. A pair has no text, no key and no
request id. All workers of a state folder share the pairs in `FILE_NAME`. Each variant file has at
most `max_pairs`; beyond them, those of the oldest answers are dropped. At most `MAX_FILES` files
have pairs; beyond them, those of the file that was judged least recently are dropped.

Pairs are in the order of their answers' times and, within a second, of their signatures. Whoever
sends a receipt again whose pair was dropped for its age gets it dropped again, so no receipt counts
twice among the pairs that there are.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from service.inference.receipts import UsedReceiptError
from service.state.group_commit import GroupCommit
from service.state.private_database import PrivateDatabase

FILE_NAME = "feedback.sqlite3"
MAX_FILES = 64
"""Variant files that have pairs."""
_NS = 10**9
_VERSION = 1
_SCHEMA = """
CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  variant TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  labels TEXT NOT NULL,
  pairs INTEGER NOT NULL,
  judged INTEGER NOT NULL,
  UNIQUE (variant, sha256)
);
CREATE TABLE pairs (
  receipt BLOB NOT NULL,
  text INTEGER NOT NULL,
  file INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  logits BLOB NOT NULL,
  predicted BLOB,
  truth BLOB NOT NULL,
  PRIMARY KEY (receipt, text)
) WITHOUT ROWID;
CREATE INDEX pairs_by_age ON pairs (file, answered, receipt, text);
"""


class Source(NamedTuple):
    """The file that answered."""

    variant: str
    sha256: str
    labels: tuple[str, ...]


class Pair(NamedTuple):
    """One judged text."""

    logits: bytes
    """See `logit_codes`."""
    predicted: int | None
    """Bit i is set if label i was predicted; None if the variant was unsure."""
    true: int
    """Bit i is set if label i is true."""


class Judgement(NamedTuple):
    """The pairs of one receipt."""

    source: Source
    receipt: bytes
    """Its signature."""
    answered_ns: int
    """When the texts were classified, since 1970."""
    pairs: Sequence[Pair]


class KeptPairs(NamedTuple):
    """The pairs of one file, oldest answer first."""

    source: Source
    pairs: Sequence[Pair]
    first: int
    """When the first of the texts was classified, in seconds since 1970."""
    last: int
    """When the last of them was classified."""


class JudgedPairs:
    """The pairs of one state folder."""

    def __init__(
        self, folder: Path, *, max_pairs: int, on_damage: Callable[[], None] = lambda: None
    ) -> None:
        """Store the settings; the first pair creates the file.

        Args:
            folder: need not exist.
            max_pairs: of each variant file; with 0, none are kept.
            on_damage: called when a damaged file was renamed, and its pairs with it.
        """
        self.max_pairs = max_pairs
        self._database = PrivateDatabase(
            folder / FILE_NAME, schema=_SCHEMA, version=_VERSION, on_damage=on_damage
        )
        self._commit = GroupCommit(self._write)

    def keep(self, judgement: Judgement) -> int:
        """Write the pairs of a receipt; they are on disk when this returns.

        Returns:
            How many older pairs were dropped for them.

        Raises:
            UsedReceiptError: pairs of the receipt are there.
            DatabaseError: nothing was written.
        """
        return self._commit.submit(judgement)

    def sources(self) -> list[Source]:
        """The files that have pairs, by variant, the one judged last at the end.

        Raises:
            DatabaseError: they cannot be read.
        """
        return self._database.read(_sources) or []

    def of(self, source: Source) -> KeptPairs | None:
        """The pairs of a file; None if it has none.

        Raises:
            DatabaseError: they cannot be read.
        """
        return self._database.read(lambda connection: _of_file(connection, source))

    def all(self) -> list[KeptPairs]:
        """All pairs. Each file is read by itself, so that feedback need not wait for all.

        Raises:
            DatabaseError: they cannot be read.
        """
        return [kept for source in self.sources() if (kept := self.of(source))]

    def _write(self, judgements: Sequence[Judgement]) -> Sequence[int | Exception]:
        return self._database.write(
            lambda connection: [self._keep(connection, judgement) for judgement in judgements]
        )

    def _keep(self, connection: sqlite3.Connection, judgement: Judgement) -> int | Exception:
        used = connection.execute("SELECT 1 FROM pairs WHERE receipt = ?", (judgement.receipt,))
        if used.fetchone():
            return UsedReceiptError()
        file = _file_id(connection, judgement.source)
        _insert(connection, file, judgement)
        return _drop_files(connection) + _drop_pairs(connection, file, self.max_pairs)


def _file_id(connection: sqlite3.Connection, source: Source) -> int:
    connection.execute(
        "INSERT INTO files (variant, sha256, labels, pairs, judged) VALUES (?, ?, ?, 0, ?)"
        " ON CONFLICT (variant, sha256) DO UPDATE SET judged = max(judged, excluded.judged)",
        (source.variant, source.sha256, json.dumps(source.labels), time.time_ns()),
    )
    found = connection.execute(
        "SELECT id FROM files WHERE variant = ? AND sha256 = ?", (source.variant, source.sha256)
    )
    return int(found.fetchone()[0])


def _insert(connection: sqlite3.Connection, file: int, judgement: Judgement) -> None:
    width = _mask_bytes(judgement.source.labels)
    rows = [
        (
            judgement.receipt,
            text,
            file,
            judgement.answered_ns // _NS,
            pair.logits,
            None if pair.predicted is None else pair.predicted.to_bytes(width, "big"),
            pair.true.to_bytes(width, "big"),
        )
        for text, pair in enumerate(judgement.pairs)
    ]
    connection.executemany("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("UPDATE files SET pairs = pairs + ? WHERE id = ?", (len(rows), file))


def _drop_files(connection: sqlite3.Connection) -> int:
    """Drop the files beyond `MAX_FILES`; return how many pairs they had."""
    old = connection.execute(
        "SELECT id, pairs FROM files ORDER BY judged DESC, id DESC LIMIT -1 OFFSET ?", (MAX_FILES,)
    ).fetchall()
    for file, _ in old:
        connection.execute("DELETE FROM pairs WHERE file = ?", (file,))
        connection.execute("DELETE FROM files WHERE id = ?", (file,))
    return sum(pairs for _, pairs in old)


def _drop_pairs(connection: sqlite3.Connection, file: int, max_pairs: int) -> int:
    """Drop the oldest pairs of a file beyond the bound; return how many they are."""
    found = connection.execute("SELECT pairs FROM files WHERE id = ?", (file,)).fetchone()
    excess = int(found[0]) - max_pairs
    if excess <= 0:
        return 0
    connection.execute(
        "DELETE FROM pairs WHERE (receipt, text) IN (SELECT receipt, text FROM pairs"
        " WHERE file = ? ORDER BY answered, receipt, text LIMIT ?)",
        (file, excess),
    )
    connection.execute("UPDATE files SET pairs = pairs - ? WHERE id = ?", (excess, file))
    return excess


def _sources(connection: sqlite3.Connection) -> list[Source]:
    rows = connection.execute(
        "SELECT variant, sha256, labels FROM files WHERE pairs > 0 ORDER BY variant, judged, id"
    ).fetchall()
    return [Source(name, sha256, tuple(json.loads(labels))) for name, sha256, labels in rows]


def _of_file(connection: sqlite3.Connection, source: Source) -> KeptPairs | None:
    rows = connection.execute(
        "SELECT answered, logits, predicted, truth FROM pairs JOIN files ON file = id"
        " WHERE variant = ? AND sha256 = ? ORDER BY answered, receipt, text",
        (source.variant, source.sha256),
    ).fetchall()
    if not rows:
        return None
    pairs = [
        Pair(logits, None if predicted is None else _mask(predicted), _mask(truth))
        for _, logits, predicted, truth in rows
    ]
    return KeptPairs(source, pairs, first=rows[0][0], last=rows[-1][0])


def _mask(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _mask_bytes(labels: Sequence[str]) -> int:
    return (len(labels) + 7) // 8

"""The file in which one of several workers shares its counters with the others.

Every worker keeps its values in its own memory, and copies the changes of each request into its
file before it answers. The file is written with `pwrite` and never mapped: a full disk or a file
that was cut is then an error that can be handled, and no SIGBUS that ends the process. What a
worker has counted survives it, even after SIGKILL: the next worker takes over the file of one that
has ended, together with its counts. A lock on the file, which the system releases, tells whether
its worker is alive.

The file begins with `MAGIC` and the process id. An entry is the length and the CRC-32 of its key,
the key as JSON (sample name, label names, label values) padded to eight bytes, the value and the
time at which it was set.
"""

import errno
import fcntl
import json
import os
import struct
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from stat import S_ISREG
from typing import NamedTuple, Self

MAGIC = b"emotion1"
PATTERN = "worker-*.metrics"
MAX_BYTES = 256 * 1024 * 1024
_SPAN_BYTES = 16 * 1024
"""Changes further apart are written one by one."""
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW
_WRITE = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW
_MODE = 0o600
_HEAD = struct.Struct("<8sq")
_KEY = struct.Struct("<II")
_RECORD = struct.Struct("<dd")


class Key(NamedTuple):
    """Identifies one value."""

    name: str
    """Of the sample, such as `emotion_requests_total`."""
    label_names: tuple[str, ...]
    label_values: tuple[str, ...]


class Record(NamedTuple):
    """One value, and the time at which it was set, in seconds since 1970; 0 unless it matters."""

    value: float
    time: float


Records = Mapping[Key, Record]


class FileDamagedError(Exception):
    """The content is not that of a worker's file; the message says why."""


class Snapshot(NamedTuple):
    """The values of another worker."""

    pid: int
    is_alive: bool
    records: Records


class WorkerFile:
    """The file of this worker. Its owner excludes threads from each other."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Own an open file that holds the lock."""
        self.path, self._descriptor = path, descriptor
        self._content = bytearray()
        """What the file holds once all changes are written."""
        self._changed: list[int] = []
        """Positions of the values that are not written yet."""

    @classmethod
    def claim(cls, folder: Path) -> Self:
        """Take the first file whose worker has ended, or make a new one.

        Raises:
            OSError: no file can be made in the folder.
        """
        for path in sorted(folder.glob(PATTERN)):
            if (file := cls._claim(path)) is not None:
                return file
        path = folder / PATTERN.replace("*", token_hex(4))
        file = cls._claim(path, os.O_CREAT | os.O_EXCL)
        if file is None:
            raise OSError(errno.EAGAIN, "another worker has taken the new file")
        return file

    @classmethod
    def _claim(cls, path: Path, flags: int = 0) -> Self | None:
        """The file, unless its worker is alive or another worker replaced it just now."""
        descriptor = os.open(path, _WRITE | flags, _MODE)
        try:
            if _lock(descriptor) and os.fstat(descriptor).st_ino == path.stat().st_ino:
                return cls(path, descriptor)
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def records(self) -> Records:
        """What the file holds; nothing if it is new.

        Raises:
            FileDamagedError: the content is not that of a worker's file.
            OSError: the file cannot be read.
        """
        content = _read(self._descriptor)
        return _parse(content)[1] if content else {}

    def replace(self, records: Records) -> list[int]:
        """Write all values, in a new file that takes the place of the old one.

        Returns:
            The position of each value.

        Raises:
            OSError: the new file cannot be written; the old one stays.
        """
        content, positions = _content(records)
        part = self.path.with_suffix(".part")
        descriptor = os.open(part, _WRITE | os.O_CREAT | os.O_TRUNC, _MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(descriptor, content, 0)
            part.replace(self.path)
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                part.unlink()
            raise
        old, self._descriptor = self._descriptor, descriptor
        self._content, self._changed = content, []
        with suppress(OSError):
            os.close(old)
        return positions

    def append(self, key: Key, record: Record) -> int:
        """Add a value.

        Returns:
            Its position.

        Raises:
            OSError: the disk is full, or fails.
        """
        entry, position = _entry(key, record)
        _write_all(self._descriptor, entry, len(self._content))
        position += len(self._content)
        self._content += entry
        return position

    def change(self, position: int, value: float, time: float) -> None:
        """Change a value; `flush` writes it."""
        _RECORD.pack_into(self._content, position, value, time)
        self._changed.append(position)

    def flush(self) -> None:
        """Write all changes, in one call if they are close together.

        Raises:
            OSError: the disk fails.
        """
        if not self._changed:
            return
        changed, self._changed = self._changed, []
        first, last = min(changed), max(changed)
        spans = [(first, last)] if last - first <= _SPAN_BYTES else [(p, p) for p in set(changed)]
        for start, end in spans:
            _write_all(self._descriptor, self._content[start : end + _RECORD.size], start)

    def is_intact(self) -> bool:
        """Whether the file is still in its place, and has its beginning and its length."""
        try:
            own, there = os.fstat(self._descriptor), self.path.stat()
            head = os.pread(self._descriptor, _HEAD.size, 0)
        except OSError:
            return False
        is_in_place = (own.st_dev, own.st_ino) == (there.st_dev, there.st_ino)
        return is_in_place and own.st_size == len(self._content) and head == _head()

    def close(self) -> None:
        """Release the lock: another worker may take over the file."""
        os.close(self._descriptor)


def read_snapshot(path: Path) -> Snapshot:
    """Read the file of another worker.

    Raises:
        FileDamagedError: the content is not that of a worker's file.
        OSError: the file cannot be read.
    """
    descriptor = os.open(path, _READ)
    try:
        is_alive = not _lock(descriptor, fcntl.LOCK_SH)
        if not is_alive:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        content = _read(descriptor)
        if is_alive and not content:  # its worker has just made it
            return Snapshot(0, is_alive, {})
        pid, records = _parse(content)
        return Snapshot(pid, is_alive, records)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock could be taken."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> bytes:
    status = os.fstat(descriptor)
    if not S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
        raise FileDamagedError("not a regular file, or too large")
    chunks, size = [], 0
    while chunk := os.pread(descriptor, status.st_size - size, size):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def _content(records: Records) -> tuple[bytearray, list[int]]:
    """The content of a file, and the position of each value."""
    content, positions = bytearray(_head()), []
    for key, record in records.items():
        entry, position = _entry(key, record)
        positions.append(len(content) + position)
        content += entry
    return content, positions


def _head() -> bytes:
    return _HEAD.pack(MAGIC, os.getpid())


def _entry(key: Key, record: Record) -> tuple[bytes, int]:
    """The bytes of an entry, and the position of the value in it."""
    text = json.dumps(key, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    head = _KEY.pack(len(text), zlib.crc32(text)) + text
    return head + _RECORD.pack(*record), len(head)


def _parse(content: bytes) -> tuple[int, Records]:
    """Process id and values.

    An incomplete entry at the end is being written, and is left out.
    """
    if len(content) < _HEAD.size or not content.startswith(MAGIC):
        raise FileDamagedError("empty, or not a file of counters")
    (_, pid), position = _HEAD.unpack_from(content), _HEAD.size
    records: dict[Key, Record] = {}
    while position + _KEY.size <= len(content):
        length, checksum = _KEY.unpack_from(content, position)
        text = content[position + _KEY.size : position + _KEY.size + length]
        position += _KEY.size + length
        if position + _RECORD.size > len(content):
            break
        records[_key(text, checksum)] = Record(*_RECORD.unpack_from(content, position))
        position += _RECORD.size
    return pid, records


def _key(text: bytes, checksum: int) -> Key:
    if not text or zlib.crc32(text) != checksum:
        raise FileDamagedError("a name in it is damaged")
    name, label_names, label_values = json.loads(text)
    return Key(name, tuple(label_names), tuple(label_values))


def _write_all(descriptor: int, content: bytes | bytearray, position: int) -> None:
    rest = memoryview(content)
    while rest:
        written = os.pwrite(descriptor, rest, position)
        rest, position = rest[written:], position + written

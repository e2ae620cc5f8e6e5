"""A row of a file as it was read, with its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compression.errors import DatasetError


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    path: Path
    line: int
    """From 1."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    def error(self, problem: str) -> DatasetError:
        """An error that begins with the place."""
        return DatasetError(f"{self}: {problem}")


@dataclass(frozen=True)
class Record:
    """One row of a file."""

    place: Place
    """The first line of the row."""
    fields: Mapping[str, object]
    """By name. Strings in delimited files, any JSON values in JSONL."""
    names_place: Place
    """The line of the fields' names: the header, or the row itself."""
    line_rows: tuple[Mapping[str, str], ...] = ()
    """If each line of a row of several lines could be a row of its own: these rows.

    A quotation mark that was never meant to open a field may have joined them.
    """


@dataclass(frozen=True)
class OddRow:
    """A row that cannot be used as it is."""

    place: Place
    problem: str
    """What is wrong and how to correct it, as the rest of a sentence after the place."""

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class OddRowError(Exception):
    """Raised while a row is interpreted; the message is the problem of an `OddRow`."""

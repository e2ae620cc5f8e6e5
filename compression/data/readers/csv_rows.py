"""Splits lines of delimited text into cells, strictly: what `csv` would repair is an error."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


class MalformedRowError(Exception):
    """A row breaks the rules of quoting."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        """The first line of the row, from 1."""


@dataclass(frozen=True)
class Row:
    """The cells of a row and the lines it takes up, from 1."""

    first_line: int
    last_line: int
    cells: tuple[str, ...]


def split_rows(
    lines: Sequence[str], *, delimiter: str, quoted: bool, blanks_follow_delimiters: bool = False
) -> Iterator[Row]:
    """Yield the rows of a file; blank lines are skipped.

    Args:
        lines: with their ends.
        delimiter: one character.
        quoted: whether a quotation mark at the start of a cell opens a quoted cell.
        blanks_follow_delimiters: whether blanks after a delimiter are not part of the cell.

    Raises:
        MalformedRowError: a quoted cell does not end, or something follows it in its cell.
    """
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skipinitialspace=blanks_follow_delimiters,
        strict=True,
    )
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise MalformedRowError(first, _plain(str(error))) from None
        if len(cells) > 1 or any(line.strip() for line in lines[first - 1 : reader.line_num]):
            yield Row(first, reader.line_num, tuple(cells))


def _plain(problem: str) -> str:
    """A message of `csv` in the words of this project."""
    if "unexpected end" in problem:
        return "a quotation mark opens a cell of this row, and none closes it"
    if "field limit" in problem:
        limit = csv.field_size_limit()
        return f"a cell of more than {limit:,} characters; does a quotation mark not close?"
    if "new-line" in problem:
        return "a carriage return inside a cell; quote the cell, or remove it"
    return (
        "text follows a closing quotation mark in the same cell; write a quotation mark inside a"
        ' quoted cell as ""'
    )

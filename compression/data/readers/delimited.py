"""Reads delimited files: rows of as many cells as the header, or as most rows have."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from compression.data.readers.csv_rows import MalformedRowError, Row, split_rows
from compression.data.readers.dialect import find_delimiter, find_header
from compression.data.readers.layout import FileContents, Layout
from compression.data.readers.quoting import are_cells_quoted
from compression.data.readers.record import OddRow, OddRowError, Place, Record
from compression.errors import DatasetError
from compression.text_files import lines_of

_STATED_DELIMITER = re.compile('"?sep=(.)"?')
"""The first line of files that spreadsheets write for each other."""
DEFAULT_DELIMITERS = {".csv": ",", ".tsv": "\t"}
"""By the end of the file name. The cells of CSV files may be quoted; elsewhere content decides."""


def read_delimited(path: Path, text: str, suffix: str, layout: Layout) -> FileContents:
    """Read the rows below the header, or all rows of a file without one.

    Columns without a header have their numbers from 1 as names.

    Args:
        path: the file.
        text: its content.
        suffix: the end of its name, which states its delimiter unless its content shows another.
        layout: what is known of the file.

    Raises:
        DatasetError: the file is empty, two columns have one name, or the quoting is malformed.
    """
    lines = lines_of(text)
    if lines and (stated := _STATED_DELIMITER.fullmatch(lines[0].rstrip("\r\n"))):
        lines[0] = "\n"  # blank lines are skipped, and later ones keep their numbers
        layout = replace(layout, delimiter=layout.delimiter or stated[1])
    if suffix == ".csv" and layout.quoted is None:
        layout = replace(layout, quoted=True)
    delimiter = find_delimiter(lines, layout, DEFAULT_DELIMITERS.get(suffix)) or ","
    try:
        header = find_header(lines, delimiter, layout)
        quoted = are_cells_quoted(lines, delimiter) if layout.quoted is None else layout.quoted
        layout = replace(layout, delimiter=delimiter, quoted=quoted, header=header)
        rows = _rows if header else _rows_without_header
        return FileContents(path, layout, list(rows(path, lines, delimiter, quoted=quoted)))
    except MalformedRowError as error:
        raise Place(path, error.line).error(_with_remedy(error, layout)) from None


def _with_remedy(error: MalformedRowError, layout: Layout) -> str:
    if not layout.quoted or "quotation mark" not in str(error):
        return str(error)
    return f"{error}; or set quoted = false under [data] if all such marks are part of texts"


def _rows(
    path: Path, lines: Sequence[str], delimiter: str, *, quoted: bool
) -> Iterator[Record | OddRow]:
    header = next(split_rows(lines, delimiter=delimiter, quoted=quoted), None)
    if header is None:
        raise DatasetError(f"{path}: the file is empty")
    names_place = Place(path, header.first_line)
    names = _names(names_place, header)
    # A header such as `text, labels` shows that blanks follow all delimiters.
    blanks = len(names) > 1 and all(cell.startswith(" ") for cell in header.cells[1:])
    rows = split_rows(lines, delimiter=delimiter, quoted=quoted, blanks_follow_delimiters=blanks)
    next(rows)
    for row in rows:
        place = Place(path, row.first_line)
        try:
            _check(row, len(header.cells), "the header")
            _check_header_is_not_repeated(row, header)
        except OddRowError as error:
            yield OddRow(place, str(error))
            continue
        line_rows = tuple(_line_rows(lines[row.first_line - 1 : row.last_line], names, delimiter))
        yield Record(place, _named(names, row.cells), names_place, line_rows)


def _rows_without_header(
    path: Path, lines: Sequence[str], delimiter: str, *, quoted: bool
) -> Iterator[Record | OddRow]:
    rows = list(split_rows(lines, delimiter=delimiter, quoted=quoted))
    if not rows:
        raise DatasetError(f"{path}: the file is empty")
    widths = Counter(len(row.cells) for row in rows)
    width = max(widths, key=lambda width: (widths[width], width))
    names = [str(number) for number in range(1, width + 1)]
    for row in rows:
        place = Place(path, row.first_line)
        try:
            _check(row, width, "most rows")
        except OddRowError as error:
            yield OddRow(place, str(error))
            continue
        line_rows = tuple(_line_rows(lines[row.first_line - 1 : row.last_line], names, delimiter))
        yield Record(place, _named(names, row.cells), place, line_rows)


def _names(place: Place, header: Row) -> list[str]:
    names = [name.strip() for name in header.cells]
    for name in names:
        if name and names.count(name) > 1:
            raise place.error(
                f"{names.count(name)} columns are named {name!r}; rename or delete one"
            )
    return names


def _check(row: Row, width: int, norm: str) -> None:
    if len(row.cells) != width:
        raise OddRowError(_wrong_width(row, width, norm))
    if any("\0" in cell for cell in row.cells):
        raise OddRowError("a NUL character, which no text contains; remove it")


def _check_header_is_not_repeated(row: Row, header: Row) -> None:
    first, *others = row.cells
    if first.lstrip("\ufeff") == header.cells[0] and others == list(header.cells[1:]):
        raise OddRowError("this row repeats the header; were files joined?")


def _wrong_width(row: Row, expected: int, norm: str) -> str:
    found = len(row.cells)
    cells = "1 cell" if found == 1 else f"{found} cells"
    lines = (
        f" (lines {row.first_line} to {row.last_line})" if row.last_line > row.first_line else ""
    )
    remedy = (
        "quote texts that contain the delimiter"
        if found > expected
        else "add the missing ones, and quote texts that contain line breaks"
    )
    return f"{cells} in this row{lines}, {expected} in {norm}; {remedy}"


def _named(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Cells by name; nothing can refer to columns without a name."""
    return {name: cell for name, cell in zip(names, cells, strict=True) if name}


def _line_rows(
    lines: Sequence[str], names: Sequence[str], delimiter: str
) -> Iterator[dict[str, str]]:
    if len(lines) == 1:
        return
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines]
    if all(len(row) == len(names) for row in rows):
        yield from (_named(names, row) for row in rows)

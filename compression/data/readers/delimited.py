"""Reads CSV and TSV files: a header line, then rows of as many cells."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from compression.data.readers.csv_rows import MalformedRowError, Row, split_rows
from compression.data.readers.quoting import are_cells_quoted
from compression.data.readers.record import Place, Record
from compression.errors import DatasetError
from compression.text_files import lines_of, read_text


def read_delimited(path: Path, *, delimiter: str, quoted: bool | None) -> Iterator[Record]:
    """Yield the rows below the header.

    Args:
        path: the file.
        delimiter: one character.
        quoted: whether cells may be quoted as in CSV files; if None, the content decides.

    Raises:
        DatasetError: the file is unreadable or empty, two columns have one name, a row has another
            number of cells than the header or repeats it, or the quoting is malformed.
    """
    lines = lines_of(read_text(path, raising=DatasetError))
    try:
        if quoted is None:
            quoted = are_cells_quoted(lines, delimiter)
        yield from _records(path, lines, delimiter, quoted=quoted)
    except MalformedRowError as error:
        raise Place(path, error.line).error(str(error)) from None


def _records(path: Path, lines: Sequence[str], delimiter: str, *, quoted: bool) -> Iterator[Record]:
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
        _check(place, row, header)
        line_rows = tuple(_line_rows(lines[row.first_line - 1 : row.last_line], names, delimiter))
        yield Record(place, _named(names, row.cells), names_place, line_rows)


def _names(place: Place, header: Row) -> list[str]:
    names = [name.strip() for name in header.cells]
    for name in names:
        if name and names.count(name) > 1:
            raise place.error(
                f"{names.count(name)} columns are named {name!r}; rename or delete one"
            )
    return names


def _check(place: Place, row: Row, header: Row) -> None:
    if len(row.cells) != len(header.cells):
        raise place.error(_wrong_width(row, len(header.cells)))
    first, *others = row.cells
    if first.lstrip("\ufeff") == header.cells[0] and others == list(header.cells[1:]):
        raise place.error("this row repeats the header; were files joined?")


def _wrong_width(row: Row, expected: int) -> str:
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
    return f"{cells} in this row{lines}, {expected} in the header; {remedy}"


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

"""Decides whether the cells of a tab-separated file are quoted: programs write both kinds.

In a file without quoting, a text may begin with a quotation mark that is part of it. Tabs and
line breaks inside quoted cells tell the two kinds apart, and otherwise the way in which programs
quote.
"""

import re
from collections.abc import Sequence

from compression.data.readers.csv_rows import MalformedRowError, Row, split_rows

_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def are_cells_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Whether quotation marks at both ends of a cell are not part of it.

    Args:
        lines: of the file, with their ends.
        delimiter: one character.

    Raises:
        MalformedRowError: lines are rows of their own, or one row with a quoted cell.
    """
    if not any('"' in line for line in lines):
        return False
    header = next((line.rstrip("\r\n") for line in lines if line.strip()), "")
    if all(map(_QUOTED.fullmatch, header.split(delimiter))):
        return True
    literal = _rows(lines, delimiter, quoted=False)
    unquoted = _rows(lines, delimiter, quoted=True)
    if unquoted is None:
        return False
    joined = next((row for row in unquoted if _seems_joined(row, delimiter)), None)
    if joined is not None:
        raise MalformedRowError(
            joined.first_line,
            f"lines {joined.first_line} to {joined.last_line} are rows with quotation marks in"
            " their texts, or one row with a quoted cell; set `quoted` under [data]",
        )
    return literal is None or _are_quoted_by_a_program(literal)


def _rows(lines: Sequence[str], delimiter: str, *, quoted: bool) -> list[Row] | None:
    """The rows, or None if they are malformed or differ in their number of cells."""
    try:
        rows = list(split_rows(lines, delimiter=delimiter, quoted=quoted))
    except MalformedRowError:
        return None
    return rows if len({len(row.cells) for row in rows}) == 1 else None


def _seems_joined(row: Row, delimiter: str) -> bool:
    """Whether a cell has a line break and a delimiter, as rows joined by a stray quote have."""
    return any(delimiter in cell and ("\n" in cell or "\r" in cell) for cell in row.cells)


def _are_quoted_by_a_program(rows: Sequence[Row]) -> bool:
    """Whether marks inside cells are doubled, or exactly the cells with commas are quoted.

    Spreadsheets quote cells with commas in tab-separated files, too.
    """
    cells = {cell for row in rows for cell in row.cells}
    quoted = {cell for cell in cells if _QUOTED.fullmatch(cell)}
    if any('""' in cell[1:-1] for cell in quoted):
        return True
    return bool(quoted) and quoted == {cell for cell in cells if "," in cell}

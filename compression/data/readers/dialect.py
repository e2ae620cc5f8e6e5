"""Finds the delimiter of a file, and whether its first row is a header.

A file whose header has the columns of the recipe under the delimiter that its name states is read
so. For all others, the first rows decide, and the same rows always decide in the same way.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from compression.data.readers.column_names import (
    LABEL_NAMES,
    TELLING_NAMES,
    TEXT_NAMES,
    first_known,
)
from compression.data.readers.csv_rows import MalformedRowError, split_rows
from compression.data.readers.layout import Layout
from compression.data.readers.quoting import are_cells_quoted

DELIMITERS = ("\t", ";", "|", ",")
_SAMPLE_LINES = 1000
_LEAST_SHARE = 0.5
_NAME = re.compile(r"[A-Za-z_][\w .:/-]{0,39}")
_MOST_WORDS = 3
_LONGEST_LABEL = 64
_USES_OF_A_VALUE = 5
Cells = tuple[str, ...]


def find_delimiter(lines: Sequence[str], layout: Layout, default: str | None) -> str | None:
    """The delimiter of a file, or None if no candidate divides most rows into equal numbers.

    Args:
        lines: with their ends.
        layout: what is known.
        default: the delimiter that the name of the file states.
    """
    if layout.delimiter:
        return layout.delimiter
    if default and _has_columns(_sample(lines, default, layout.quoted), layout):
        return default
    ranked = [(_rank(_sample(lines, one, layout.quoted), one, default), one) for one in DELIMITERS]
    best, delimiter = max(ranked, key=lambda pair: pair[0])
    return delimiter if best[0] else default


def find_header(lines: Sequence[str], delimiter: str, layout: Layout) -> bool:
    """Whether the first row names the columns."""
    if layout.header is not None:
        return layout.header
    rows = _sample(lines, delimiter, layout.quoted)
    if not rows or _has_columns(rows, layout):
        return True
    names = {cell.strip().casefold() for cell in rows[0]}
    if names & TELLING_NAMES:
        return True
    return _names_known(rows[0]) == 2 or _names_other_than_values(rows)


def looks_delimited(lines: Sequence[str], delimiter: str, layout: Layout) -> bool:
    """Whether a file of any name is a table: it has telling names, or short cells beside texts."""
    rows = _sample(lines, delimiter, layout.quoted)
    if not rows or len(rows[0]) < 2:
        return False
    if _names_known(rows[0]) == 2 or _has_columns(rows, layout):
        return True
    widths = Counter(map(len, rows))
    width, count = widths.most_common(1)[0]
    columns = list(zip(*(row for row in rows if len(row) == width), strict=True))
    return count >= 0.9 * len(rows) and any(_could_be_labels(one, delimiter) for one in columns)


def _could_be_labels(cells: Cells, delimiter: str) -> bool:
    short = all(len(cell) <= _LONGEST_LABEL and len(cell.split()) <= _MOST_WORDS for cell in cells)
    return short and (delimiter != "," or len(set(cells)) <= len(cells) / 2)


def _has_columns(rows: Sequence[Cells], layout: Layout) -> bool:
    names = {cell.strip() for cell in rows[0]} if rows else set()
    return {layout.text_column or "text", layout.labels_column or "labels"} <= names


def _rank(rows: Sequence[Cells], delimiter: str, default: str | None) -> tuple[float, ...]:
    """How well a delimiter divides the rows; the first item is 0 if it does not."""
    if not rows:
        return (0,)
    width, count = max(Counter(map(len, rows)).items(), key=lambda item: (item[1], item[0]))
    share = count / len(rows)
    if width < 2 or share < _LEAST_SHARE:
        return (0,)
    return (
        1 + _names_known(rows[0]),
        share,
        not _is_punctuation(rows),
        delimiter == default,
        -DELIMITERS.index(delimiter),
    )


def _is_punctuation(rows: Sequence[Cells]) -> bool:
    """Whether blanks follow most delimiters, as they follow commas in a text."""
    later = [cell for row in rows for cell in row[1:]]
    return sum(cell.startswith(" ") for cell in later) > len(later) / 2


def _names_known(row: Cells) -> int:
    return sum(first_known(row, known) is not None for known in (TEXT_NAMES, LABEL_NAMES))


def _names_other_than_values(rows: Sequence[Cells]) -> bool:
    """Whether the first row looks like names, one of which is no value of a column of labels.

    Each value must occur so often that the first row would hardly be the only one with its own:
    a row that is taken for a header is lost, whereas a header that is taken for a row is seen.
    """
    first, *rest = rows
    if len(set(first)) < len(first) or not all(map(_is_name, first)) or not rest:
        return False
    columns = list(itertools.zip_longest(*rest, fillvalue=""))
    return any(
        len(set(column)) <= len(column) / _USES_OF_A_VALUE and name not in column
        for name, column in zip(first, columns, strict=False)
    )


def _is_name(cell: str) -> bool:
    return bool(_NAME.fullmatch(cell.strip())) and len(cell.split()) <= _MOST_WORDS


def _sample(lines: Sequence[str], delimiter: str, quoted: bool | None) -> list[Cells]:
    first = lines[:_SAMPLE_LINES]
    if quoted is None:
        quoted = _quoted(first, delimiter)
    return list(_rows(first, delimiter, quoted))


def _quoted(lines: Sequence[str], delimiter: str) -> bool:
    try:
        return are_cells_quoted(lines, delimiter)
    except MalformedRowError:
        return False


def _rows(lines: Sequence[str], delimiter: str, quoted: bool) -> Iterator[Cells]:
    try:
        for row in split_rows(lines, delimiter=delimiter, quoted=quoted):
            yield row.cells
    except MalformedRowError:
        return  # the sample may end within a quoted cell

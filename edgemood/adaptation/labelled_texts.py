"""Reads labelled texts for adaptation: CSV or TSV with the columns `text` and `labels`.

Nothing is repaired by guessing. A row that could be meant otherwise is an error, which names the
line and what to change. `compression` reads more formats.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edgemood.errors import AdaptationError

MAX_BYTES = 256 * 2**20
_SEPARATORS = re.compile("[,|]")
_COLUMNS = ("text", "labels")


class LabelledText(NamedTuple):
    """One row."""

    text: str
    labels: tuple[str, ...]
    """Any number of labels, in the order of the row."""


@dataclass(frozen=True)
class LabelNames:
    """The labels that a file may have."""

    labels: Sequence[str]
    """Those of the adapted variant."""
    renamed: Mapping[str, str]
    """From other names in the file to these labels."""
    exactly_one: bool
    """Whether each text must have one label, as a single-label variant gives it."""


class _Row(NamedTuple):
    line: int
    cells: list[str]


def read_texts(path: Path, names: LabelNames) -> list[LabelledText]:
    """Read a file, whose name ends with `.csv` or `.tsv`.

    The first line has the names of the columns; columns other than `text` and `labels` are ignored.
    Labels are separated by commas or `|`, and an empty cell is no label. Cells of a `.csv` file may
    be quoted. In a `.tsv` file quotation marks are part of the text.

    Args:
        path: the file, in UTF-8.
        names: of labels.

    Raises:
        AdaptationError: the file cannot be read, or a row is not as described.
    """
    rows = _rows(path, _content(path), _dialect(path))
    header = next(rows, None)
    if header is None:
        raise AdaptationError(f"{path}: the file is empty")
    text_column, labels_column = _columns(path, header)
    found = []
    for row in rows:
        if len(row.cells) != len(header.cells):
            raise _error(path, row.line, _wrong_width(len(row.cells), len(header.cells)))
        text = row.cells[text_column]
        if not text.strip():
            raise _error(path, row.line, "the text is empty; delete the row")
        labels = _labels(path, row.line, row.cells[labels_column], names)
        found.append(LabelledText(text, labels))
    return found


def _labels(path: Path, line: int, cell: str, names: LabelNames) -> tuple[str, ...]:
    parts = [part.strip() for part in _SEPARATORS.split(cell)] if cell.strip() else []
    labels = tuple(dict.fromkeys(names.renamed.get(part, part) for part in parts))
    for part, label in zip(parts, map(names.renamed.get, parts, parts), strict=True):
        if label not in names.labels:
            raise _error(path, line, _unknown(part, names.labels))
    if names.exactly_one and len(labels) != 1:
        problem = f"{len(labels)} labels; the variant gives one label to each text"
        raise _error(path, line, f"{problem}, so leave one, or delete the row")
    return labels


def _unknown(part: str, labels: Sequence[str]) -> str:
    if not part:
        return "a label is missing between two separators; remove one of them"
    known = ", ".join(labels)
    return (
        f"unknown label {part!r}; the labels are {known}. Correct it, or say which of them it"
        f" counts as: --map {part}={labels[0]}"
    )


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise AdaptationError(f"{path}: larger than {MAX_BYTES:,} bytes; use fewer texts")
        content = path.read_bytes()
    except OSError as error:
        raise AdaptationError(f"{path}: {error.strerror}; check the path") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(path, line, "not UTF-8; save the file in UTF-8") from error
    if "\0" in text:
        raise _error(path, text.count("\n", 0, text.index("\0")) + 1, "a NUL character; remove it")
    return text


def _dialect(path: Path) -> Mapping[str, str | int]:
    if path.suffix == ".csv":
        return {"delimiter": ",", "quoting": csv.QUOTE_MINIMAL}
    if path.suffix == ".tsv":
        return {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    raise AdaptationError(
        f"{path}: the name must end with .csv (separated by commas) or .tsv (by tabs)"
    )


def _rows(path: Path, content: str, dialect: Mapping[str, str | int]) -> Iterator[_Row]:
    """The rows and the lines that they begin in; blank lines are skipped."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True, **dialect)  # type: ignore[arg-type]
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _error(path, line, f"{error}; check the quotation marks") from error
        if any(cell.strip() for cell in cells):
            yield _Row(line, cells)


def _columns(path: Path, header: _Row) -> list[int]:
    names = [cell.strip() for cell in header.cells]
    for name in _COLUMNS:
        if names.count(name) != 1:
            raise _error(
                path,
                header.line,
                f"the header must name the columns text and labels once; found {', '.join(names)}."
                " Rename the columns; .csv files are separated by commas, .tsv files by tabs",
            )
    return [names.index(name) for name in _COLUMNS]


def _wrong_width(found: int, expected: int) -> str:
    remedy = "quote texts and labels that contain the delimiter" if found > expected else "add them"
    return f"{found} cells, {expected} in the header; {remedy}"


def _error(path: Path, line: int, problem: str) -> AdaptationError:
    return AdaptationError(f"{path}: line {line}: {problem}")

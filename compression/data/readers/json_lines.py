"""Reads JSONL files: one JSON object or array a line. Blank lines are skipped."""

import json
from collections.abc import Iterator
from pathlib import Path

from compression.data.readers.json_values import decode, row_of
from compression.data.readers.record import OddRow, OddRowError, Place, Record
from compression.text_files import lines_of


def read_json_lines(path: Path, text: str) -> Iterator[Record | OddRow]:
    """Yield the rows of a file; a line that is not a row is odd.

    Args:
        path: the file.
        text: its content.
    """
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            yield _row(Place(path, number), line.strip("\ufeff\r\n\t "))


def _row(place: Place, line: str) -> Record | OddRow:
    try:
        value, end = decode(line)
    except json.JSONDecodeError as error:
        return _not_json(place, error.colno, error.msg)
    except OddRowError as error:
        return OddRow(place, str(error))
    if end < len(line):
        return _not_json(place, end + 1, "Extra data")
    return row_of(place, value)


def _not_json(place: Place, column: int, problem: str) -> OddRow:
    return OddRow(place, f"not JSON at column {column}: {problem}; each line is one object")

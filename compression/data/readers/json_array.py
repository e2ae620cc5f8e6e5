"""Reads JSON files of one array; each of its items is a row with the line at which it begins."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from compression.data.readers.json_values import decode, row_of
from compression.data.readers.record import OddRow, OddRowError, Place, Record
from compression.errors import DatasetError

_BLANKS = re.compile(r"[ \t\r\n]*")


def read_json_array(path: Path, text: str) -> Iterator[Record | OddRow]:
    """Yield the rows of a file.

    Args:
        path: the file.
        text: its content.

    Raises:
        DatasetError: the file is not one array, or an item of it is not JSON.
    """
    position = _after_blanks(text, 0)
    if not text.startswith("[", position):
        raise _error(path, text, position, "expected one array of objects")
    position = _after_blanks(text, position + 1)
    while not text.startswith("]", position):
        row, position = _item(path, text, position)
        yield row
        position = _after_blanks(text, position)
        if text.startswith(",", position):
            position = _after_blanks(text, position + 1)
        elif not text.startswith("]", position):
            raise _error(path, text, position, "expected a comma or the end of the array")
    if _after_blanks(text, position + 1) < len(text):
        raise _error(path, text, position + 1, "text follows the end of the array")


def _item(path: Path, text: str, start: int) -> tuple[Record | OddRow, int]:
    place = Place(path, _line(text, start))
    try:
        value, end = decode(text, start)
    except json.JSONDecodeError as error:
        raise _error(path, text, error.pos, error.msg) from None
    except OddRowError as error:
        raise place.error(str(error)) from None
    return row_of(place, value), end


def _after_blanks(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position


def _line(text: str, position: int) -> int:
    return 1 + text.count("\n" if "\n" in text else "\r", 0, position)


def _error(path: Path, text: str, position: int, problem: str) -> DatasetError:
    return Place(path, _line(text, position)).error(f"not a JSON array of rows: {problem}")

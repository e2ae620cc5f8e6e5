"""Reads JSONL files: one JSON object a line. Blank lines are skipped."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compression.data.readers.record import Place, Record
from compression.errors import DatasetError
from compression.text_files import lines_of, read_text

JSON_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
"""What a message calls values of these types."""


class _KeyTwiceError(Exception):
    """An object has a key twice; `json` would drop the first value."""


def read_json_lines(path: Path) -> Iterator[Record]:
    """Yield the objects of a file.

    Raises:
        DatasetError: the file is unreadable, or a line is not a JSON object with distinct keys.
    """
    for number, line in enumerate(lines_of(read_text(path, raising=DatasetError)), start=1):
        if line.strip():
            place = Place(path, number)
            yield Record(place, _object(place, line), names_place=place)


def _object(place: Place, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line.strip("\ufeff\r\n"), object_pairs_hook=_with_distinct_keys)
    except json.JSONDecodeError as error:
        raise place.error(
            f"not JSON at column {error.colno}: {error.msg}; each line is one object"
        ) from None
    except _KeyTwiceError as error:
        raise place.error(f"the key {error} occurs twice in one object") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of arrays
        raise place.error("a number is too long, or values are nested too deeply") from None
    if not isinstance(found, dict):
        raise place.error(f"expected one object, found {JSON_NAMES[type(found)]}")
    return found


def _with_distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _KeyTwiceError(repr(twice))
    return found

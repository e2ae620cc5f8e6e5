"""JSON values as rows: objects with distinct keys, or arrays whose items are numbered columns."""

import json
from typing import Any

from compression.data.readers.record import OddRow, OddRowError, Place, Record

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


def _with_distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _KeyTwiceError(repr(twice))
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_with_distinct_keys)


def decode(text: str, start: int = 0) -> tuple[Any, int]:
    """The value that begins at a position, and the position after it.

    Raises:
        JSONDecodeError: no value begins there.
        OddRowError: an object has a key twice, or the value is too large for Python.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except _KeyTwiceError as error:
        raise OddRowError(f"the key {error} occurs twice in one object") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of arrays
        raise OddRowError("a number is too long, or values are nested too deeply") from None


def row_of(place: Place, value: object) -> Record | OddRow:
    """The row that a value stands for: an object, or an array of a text and further columns."""
    if isinstance(value, list) and value and not isinstance(value[0], dict):
        value = {str(number): item for number, item in enumerate(value, start=1)}
    if not isinstance(value, dict):
        return OddRow(place, f"expected one object, found {JSON_NAMES[type(value)]}")
    if any("\0" in item for item in value.values() if isinstance(item, str)):
        return OddRow(place, "a NUL character, which no text contains; remove it")
    return Record(place, value, names_place=place)

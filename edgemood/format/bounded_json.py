"""JSON of a file, parsed so that hostile text costs little and means one thing only.

Python's parser takes the last of two equal keys, numbers that are no JSON (`NaN`), whole numbers of
any size, and escapes that stand for half of a character. Readers in other languages do not agree on
those, and such values break later where they are written or computed with. They are refused here.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isfinite
from typing import Any

from edgemood.errors import LayoutError

MAX_DEPTH = 32
"""Objects and lists within each other."""
MAX_VALUES = 2**15
"""Values in all objects and lists. An empty object takes 25 times as much memory as text."""
MAX_STRING = 4096
"""Characters of a key or a string."""

_LARGEST_INTEGER = 2**63 - 1
# Possessive, and it ends with the text: a quote without its partner costs no second attempt.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_CONTROL_OR_SURROGATE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def parse_object(text: bytes) -> dict[str, Any]:
    """Parse a JSON object in UTF-8.

    Raises:
        LayoutError: the text is something else, exceeds a limit of this module, repeats a key, or
            holds a number or a string that is not allowed.
    """
    _check_size(text)
    try:
        value = json.loads(
            text.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except ValueError as error:
        raise LayoutError(f"not JSON in UTF-8: {error}") from error
    if not isinstance(value, dict):
        raise LayoutError("not a JSON object")
    check_strings(value)
    return value


def check_strings(value: Any) -> None:
    """Check every key and string within a JSON value.

    Raises:
        LayoutError: one is longer than `MAX_STRING`, or holds a control character or a lone
            surrogate, which no output in UTF-8 can hold.
    """
    for path, text in _strings(value, ()):
        if len(text) > MAX_STRING:
            raise LayoutError(f"{_name(path)}: {len(text):,} characters; at most {MAX_STRING:,}")
        if found := _CONTROL_OR_SURROGATE.search(text):
            problem = f"it holds the character U+{ord(found[0]):04X}"
            raise LayoutError(f"{_name(path)}: {problem}, which is not allowed")


def _strings(value: Any, path: tuple[str, ...]) -> Iterator[tuple[Sequence[str], str]]:
    """Every key and string, with the keys that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield path, key
            yield from _strings(item, (*path, key))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _strings(item, (*path, str(i)))


def _name(path: Sequence[str]) -> str:
    """The path as a message can show it: its keys may themselves be the fault."""
    return ascii(".".join(path)[:100])[1:-1] or "a key"


def _check_size(text: bytes) -> None:
    """Check depth and number of values before they take memory."""
    if text.count(b'"') > 4 * MAX_VALUES:  # two for a value, two for its key
        raise LayoutError(f"more than {2 * MAX_VALUES:,} strings")
    text = _STRING.sub(b"", text)
    brackets = text.translate(None, _NO_BRACKETS)
    if max(accumulate(_STEPS[bracket] for bracket in brackets), default=0) > MAX_DEPTH:
        raise LayoutError(f"lists and objects lie more than {MAX_DEPTH} deep")
    if sum(text.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise LayoutError(f"more than {MAX_VALUES:,} values in lists and objects")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key comes twice")
    return fields


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) < 21 else _LARGEST_INTEGER + 1
    if not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        raise ValueError("a whole number does not fit 64 bits")
    return value


def _number(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise ValueError("a number is too large")
    return value


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")

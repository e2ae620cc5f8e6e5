"""The names of labels: how a cell lists them, and which names are likely to be mistakes.

A recipe may list its labels; then only these are accepted. Otherwise each name in the training file
is a label, and a name that looks like a mistake is refused, because it would become a class.
"""

import json
import math
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import TypeGuard

from compression.data.readers.json_values import JSON_NAMES
from compression.data.readers.record import Place
from compression.messages import shown

_ITEM = r"""(?:'[^'\\]*'|"[^"\\]*"|‘[^’\\]*’|“[^”\\]*”)"""
_ITEMS = rf"\s*(?:{_ITEM}(?:\s*,\s*{_ITEM})*\s*,?)?\s*"
_LIST = re.compile(rf"\[{_ITEMS}\]|\({_ITEMS}\)|\{{{_ITEMS}\}}")
_LIKE_A_LIST = re.compile(r"""\[.*\]|[(\[{]\s*['"‘“].*|\(\s*\)|\{\s*\}""", re.DOTALL)
_MARKS_AT_ENDS = "'`‘’"
_MARKS = '"“”«»[]{}'
LONGEST_LABEL = 64
"""In characters, as in manifests."""
_NOT_A_LABEL = frozenset(
    ("nan", "NaN", "NAN", "null", "NULL", "None", "NA", "N/A", "n/a", "<NA>", "#N/A", "NaT")
)
"""What programs write for a missing value."""
_OTHER_SEPARATORS = ";|"
_PARTS = re.compile(r"[\s/+&]+")
_PLAIN = str.maketrans("‘’ʼ“”‐‑‒–—", "'''\"\"-----")
_AS_ONE = "if this is one label, list all labels as `labels` under [data]"


class LabelsError(ValueError):
    """A cell does not list labels; the message says why."""


def label_names(value: object, separator: str) -> tuple[str, ...]:
    """The labels of one row, each once.

    Args:
        value: a string with separated names, or a list of names, also as Python or JSON writes
            it, or a whole number in place of a name. None and an empty string are no labels.
        separator: of the names in a string.

    Raises:
        LabelsError: the value is of another type, or looks like a list that cannot be read.
    """
    if value is None:
        return ()
    if isinstance(value, float) and math.isnan(value):  # a missing value of a column of numbers
        return ()
    values = [value] if _is_whole(value) else value
    names = values if isinstance(values, list) else _names_in_cell(values, separator)
    names = [str(int(name)) if _is_whole(name) else name for name in names]
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise LabelsError(f"must be names as strings, found {JSON_NAMES[type(wrong[0])]}")
    stripped = [name.strip() for name in names]
    if len(set(stripped)) < len(stripped) and set(stripped) <= {"0", "1"}:
        raise LabelsError(f"{shown(value)} looks like a 0 or 1 for each label; write names")
    return tuple(name for name in dict.fromkeys(stripped) if name)


def _is_whole(value: object) -> TypeGuard[int | float]:
    """Whether a value is a whole number; columns of numbers with gaps hold 3.0 for 3."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool)


def _names_in_cell(cell: object, separator: str) -> list[str]:
    if not isinstance(cell, str):
        raise LabelsError("must be a string or a list of strings")
    if not _LIKE_A_LIST.fullmatch(cell.strip()):
        return cell.split(separator)
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and all(isinstance(n, str) or _is_whole(n) for n in found):
        return found
    if not _LIST.fullmatch(cell.strip()):
        raise LabelsError(
            f"{shown(cell)} looks like a list that cannot be read; write names separated by"
            f" {separator!r}, or a list of quoted names"
        )
    return [item[1:-1] for item in re.findall(_ITEM, cell)]


def label_problem(name: str) -> str | None:
    """Why a manifest could not hold a label, as the end of a sentence."""
    if not name:
        return "is empty"
    if len(name) > LONGEST_LABEL:
        return f"is longer than {LONGEST_LABEL} characters; are text and labels swapped?"
    categories = {unicodedata.category(character) for character in name}
    if "Cc" in categories:
        return "contains a control character, such as a line break"
    if "Cs" in categories:
        return "contains half of a character (a lone surrogate)"
    return "begins or ends with a blank" if name != name.strip() else None


def check_new_labels(uses: Mapping[str, Place], separator: str) -> None:
    """Check names that a recipe does not list, so that no mistake becomes a label.

    Args:
        uses: the first place of each name.
        separator: of the names in a string.

    Raises:
        DatasetError: a name is likely to be several names, none, or one in another spelling.
    """
    spellings: dict[str, str] = {}
    for name, place in uses.items():
        problem = label_problem(name) or next(_suspicions(name, uses, separator), None)
        if problem:
            raise place.error(f"label {shown(name)} {problem}")
        first = spellings.setdefault(spelling_key(name), name)
        if first != name:
            raise place.error(f"{difference(name, first)} of {uses[first]}; use one spelling")


def _suspicions(name: str, names: Collection[str], separator: str) -> Iterator[str]:
    if name in _NOT_A_LABEL:
        yield f"stands for a missing value; leave it empty for no label, or {_AS_ONE}"
    if set(name) & set(_MARKS) or {name[0], name[-1]} & set(_MARKS_AT_ENDS):
        yield f"contains a quotation mark or bracket; remove it, or {_AS_ONE}"
    for character in (separator, *_OTHER_SEPARATORS):
        if character in name:
            yield f"contains {character!r}; set `separator`, or {_AS_ONE}"
    parts = _PARTS.split(name)
    if len(parts) > 1 and all(part in names for part in parts):
        yield f"consists of other labels; separate them by {separator!r}, or {_AS_ONE}"


def spelling_key(name: str) -> str:
    """The same for names that differ only in case, blanks, Unicode form or invisible characters."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = (c for c in text if unicodedata.category(c) != "Cf" and not "\ufe00" <= c <= "\ufe0f")
    words = " ".join("".join(kept).translate(_PLAIN).split())
    return re.sub(r"^(\d+)\.0+$", r"\1", words)  # a column of numbers with gaps becomes 3.0


def difference(name: str, other: str) -> str:
    """A phrase with two names of one spelling key, as far as they can be told apart."""
    if name.casefold() == other.casefold():
        return f"label {name!r} differs only in case from {other!r}"
    return f"label {name!a} differs only in its form from {other!a}"

"""Parts of error messages about what users wrote: quoted values, lists of names, suggestions."""

import difflib
from collections.abc import Collection, Iterable

_LONGEST_VALUE = 40
_LONGEST_LIST = 20


def shown(value: object) -> str:
    """A value in quotes, cut to a length that fits a line."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def listed(names: Collection[str]) -> str:
    """Names separated by commas, or the first of many."""
    first = [name if _fits_a_line(name) else shown(name) for name in names]
    more = len(first) - _LONGEST_LIST
    return ", ".join(first[:_LONGEST_LIST]) + (f" and {more} more" if more > 0 else "")


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'NAME'?` if a known name is similar, otherwise nothing."""
    by_folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return f"; did you mean {by_folded[close[0]]!r}?" if close else ""


def _fits_a_line(name: str) -> bool:
    return name.isprintable() and len(name) <= _LONGEST_VALUE

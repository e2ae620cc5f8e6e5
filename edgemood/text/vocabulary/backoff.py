"""Backing off: an unknown token gets the row of a similar known one.

The candidates for a token are, in this order:

1. the token with one letter of a doubled pair removed, pair by pair from the left
   (`haappy` -> `happy`);
2. its prefixes, the longest first, that lack at most `backoff` code points and keep at least
   `SHORTEST_PREFIX` (`stupidly` -> `stupid`).

The first candidate in the vocabulary gives the row. Tokens longer than `LONGEST_TOKEN` stay
unknown. A file stores the number `backoff` as one byte.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from edgemood.arrays import Arrays, check_array
from edgemood.errors import LayoutError
from edgemood.text.vocabulary.base import UNKNOWN

MAX_BACKOFF = 8
SHORTEST_PREFIX = 4
"""Code points that a prefix must keep: shorter ones are usually words of another meaning."""
LONGEST_TOKEN = 64
"""Longer tokens are no words, and the cost of their candidates grows with the square of length."""


def ids_with_backoff(
    tokens: Sequence[str], look_up: Callable[[Sequence[str]], list[int]], backoff: int
) -> list[int]:
    """Return the row of each token or of its first known candidate.

    Args:
        tokens: any number of tokens.
        look_up: returns the rows of tokens without backing off. It is called at most twice.
        backoff: code points that a token may lose at its end; 0 disables backing off.
    """
    rows = look_up(tokens)
    if not backoff or UNKNOWN not in rows:
        return rows
    candidates = [
        (i, candidate)
        for i, row in enumerate(rows)
        if row == UNKNOWN
        for candidate in _candidates(tokens[i], backoff)
    ]
    found = look_up([candidate for _, candidate in candidates])
    for (i, _), row in zip(candidates, found, strict=True):  # in order of preference
        if rows[i] == UNKNOWN:
            rows[i] = row
    return rows


def check_backoff(backoff: int) -> int:
    """Return the number if it is valid.

    Raises:
        LayoutError: it is not within 0 to `MAX_BACKOFF`.
    """
    if not 0 <= backoff <= MAX_BACKOFF:
        raise LayoutError(f"backing off takes 0 to {MAX_BACKOFF} code points, not {backoff}")
    return backoff


def backoff_arrays(backoff: int) -> Arrays:
    """Return the array that stores the number; none for 0, as in files of older versions."""
    return {"backoff": np.array([backoff], dtype=np.uint8)} if backoff else {}


def split_backoff(arrays: Arrays) -> tuple[int, Arrays]:
    """Return the stored number, and the arrays without it.

    Raises:
        LayoutError: the number has the wrong dtype or shape.
    """
    others = dict(arrays)
    stored = others.pop("backoff", np.zeros(1, dtype=np.uint8))
    return int(check_array(stored, name="backoff", dtype="|u1", shape=(1,))[0]), others


def _candidates(token: str, backoff: int) -> Iterator[str]:
    if not SHORTEST_PREFIX < len(token) <= LONGEST_TOKEN:
        return
    for i in range(1, len(token)):
        if token[i] == token[i - 1]:
            yield token[:i] + token[i + 1 :]
    for end in range(len(token) - 1, max(len(token) - backoff, SHORTEST_PREFIX) - 1, -1):
        yield token[:end]

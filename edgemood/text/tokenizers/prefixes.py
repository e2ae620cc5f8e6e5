"""The beginnings of an unknown token, which every version ends its candidates with."""

from collections.abc import Iterator

SHORTEST_PREFIX = 4
"""Code points that a prefix must keep: shorter ones are usually words of another meaning."""
LONGEST_TOKEN = 64
"""Longer tokens are no words, and the cost of their candidates grows with the square of length."""


def prefixes(token: str, backoff: int) -> Iterator[str]:
    """The prefixes that lack 1 to `backoff` code points, the longest first."""
    if len(token) <= LONGEST_TOKEN:
        for end in range(len(token) - 1, max(len(token) - backoff, SHORTEST_PREFIX) - 1, -1):
            yield token[:end]

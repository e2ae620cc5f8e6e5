"""Elongated words: `sooooo`, `haaappyyy`, `hahahaha`.

A text keeps at most two of a letter and two of a pair of letters in a row, in whatever case:
`SOOOooo` becomes `SOO`, and `hahahaha` becomes `haha`. Whether `soo` stands for `so` depends on the
words that a reader knows. A vocabulary, or a transformer with its own, takes the first of the
`collapsed` words that it knows.
"""

import re
from collections.abc import Iterator
from itertools import combinations

from edgemood.text.characters import LETTER, LOWER

SHORTEST = 3
"""Code points of a word that is collapsed."""
MOST_RUNS = 4
"""Runs of a letter that are considered, the first ones of a word."""
_LETTERS = re.compile(rf"({LETTER})\1\1+")
_PAIRS = re.compile(rf"({LETTER}{LETTER})\1\1+")
_MAYBE = re.compile(r"(.)(?:\1|.\1.)\1")
"""Found in every text with an elongation, in less time."""
_RUN = re.compile(rf"({LETTER})\1+")
_ALTERNATING = re.compile(rf"({LETTER})(?!\1)({LETTER})\1\2\1(?:\2\1)*\2?")


def shorten(text: str) -> str:
    """Cut elongations in a text without upper-case letters."""
    if not _MAYBE.search(text):
        return text
    return _PAIRS.sub(r"\1\1", _LETTERS.sub(r"\1\1", text))


def shorten_in_any_case(text: str) -> str:
    """Cut elongations and keep the case of the letters that are kept."""
    return _keep_first(_PAIRS, _keep_first(_LETTERS, text))


def collapsed(word: str) -> Iterator[str]:
    """The words that an unknown word may be an elongation of, the likeliest first.

    1. Two different letters that alternate, in five or more code points: both twice, the second
       and the first twice, and the first on both sides of the second (`hahah` and `ahaha` stand for
       `haha`, `lolol` for `lol`).
    2. A run of a letter becomes one letter: one run, each in turn from the left, then any two, and
       so on. The first `MOST_RUNS` runs are considered.

    Args:
        word: in lower case.

    Yields:
        Words other than `word`; none for words shorter than `SHORTEST`.
    """
    if len(word) < SHORTEST:
        return
    if word[:1] == word[2:3] and (alternating := _ALTERNATING.fullmatch(word)):
        first, second = alternating.groups()
        yield from (2 * (first + second), 2 * (second + first), first + second + first)
    runs = [match.span() for match in _RUN.finditer(word)][:MOST_RUNS]
    for count in range(1, len(runs) + 1):
        for chosen in combinations(runs, count):
            yield _without(word, [(start + 1, end) for start, end in chosen])


def _keep_first(pattern: re.Pattern[str], text: str) -> str:
    """Remove from each match what follows its first two repetitions."""
    spans = [
        (match.start() + 2 * len(match[1]), match.end())
        for match in pattern.finditer(text.translate(LOWER))
    ]
    return _without(text, spans)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    starts, ends = [0, *(end for _, end in spans)], [*(start for start, _ in spans), len(text)]
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True))

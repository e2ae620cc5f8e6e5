"""Texts like those that people write, made up from a seed.

Lengths are log-normal, with a median of twelve words and nineteen of twenty texts below forty, as
comments have them, and a few that are very long. Words come from short lists; what matters here is
their number, not their sense.
"""

import random
from collections.abc import Sequence

MEDIAN_WORDS = 12.0
SPREAD = 0.72
"""Standard deviation of the logarithm: exp(1.645 * .72) is 3.3 times the median at the 95th."""
MOST_CHARACTERS = 10_000
LONG_SHARE = 0.002
LONG_WORDS = (400, 1500)

_OPENINGS = ("I", "we", "you", "they", "my friend", "this", "that", "nobody", "everyone", "it")
_VERBS = (
    *("love", "hate", "miss", "fear", "enjoy", "regret", "believe", "understand", "remember"),
    *("cannot stand", "laughed at", "cried over", "was surprised by", "am proud of", "forgot"),
)
_THINGS = (
    *("the ending", "that song", "the news", "her answer", "his dog", "the whole thing", "Monday"),
    *("the rain", "this game", "our team", "the food", "that joke", "the meeting", "my old job"),
)
_FILLERS = (
    *("really", "honestly", "still", "never", "again", "so much", "a bit", "today", "at last"),
    *("and then", "but", "because", "although", "even if", "just", "maybe", "of course"),
)
_ENDINGS = (".", ".", ".", "!", "!!", "?", "...", " lol", " 😂", " 😢", "")


def text(chance: random.Random) -> str:
    """One text of 1 to 10,000 characters."""
    if chance.random() < LONG_SHARE:
        words = chance.randint(*LONG_WORDS)
    else:
        words = max(1, round(chance.lognormvariate(0.0, SPREAD) * MEDIAN_WORDS))
    parts: list[str] = []
    while len(parts) < words:
        clause = (_OPENINGS, _VERBS, _THINGS, _FILLERS)
        parts += " ".join(chance.choice(choices) for choices in clause).split()
    joined = " ".join(parts[:words]) + chance.choice(_ENDINGS)
    return joined[:MOST_CHARACTERS]


def batch(chance: random.Random, sizes: Sequence[int] = (2, 8, 32)) -> list[str]:
    """Several texts."""
    return [text(chance) for _ in range(chance.choice(sizes))]

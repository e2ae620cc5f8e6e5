"""Random texts with the lengths of online comments.

Lengths are log-normal: the median is twelve words, and 95 % of the texts have fewer than forty. A
few texts are very long. The words come from short lists, because the load depends on their number
and not on their meaning.
"""

import random
from collections.abc import Sequence

MEDIAN_WORDS = 12.0
SIGMA = 0.72
"""Standard deviation of the logarithm: exp(1.645 * 0.72) = 3.3 times the median at the 95th."""
MAX_CHARACTERS = 10_000
LONG_SHARE = 0.002
LONG_WORDS = (400, 1500)
BATCH_SIZES = (2, 8, 32)

_SUBJECTS = ("I", "we", "you", "they", "my friend", "this", "that", "nobody", "everyone", "it")
_VERBS = (
    *("love", "hate", "miss", "fear", "enjoy", "regret", "believe", "understand", "remember"),
    *("cannot stand", "laughed at", "cried over", "was surprised by", "am proud of", "forgot"),
)
_OBJECTS = (
    *("the ending", "that song", "the news", "her answer", "his dog", "the whole thing", "Monday"),
    *("the rain", "this game", "our team", "the food", "that joke", "the meeting", "my old job"),
)
_FILLERS = (
    *("really", "honestly", "still", "never", "again", "so much", "a bit", "today", "at last"),
    *("and then", "but", "because", "although", "even if", "just", "maybe", "of course"),
)
_ENDINGS = (".", ".", ".", "!", "!!", "?", "...", " lol", " 😂", " 😢", "")


def random_text(rng: random.Random) -> str:
    """One text of 1 to 10,000 characters."""
    length = _length(rng)
    words: list[str] = []
    while len(words) < length:
        for choices in (_SUBJECTS, _VERBS, _OBJECTS, _FILLERS):
            words += rng.choice(choices).split()
    return (" ".join(words[:length]) + rng.choice(_ENDINGS))[:MAX_CHARACTERS]


def random_batch(rng: random.Random, sizes: Sequence[int] = BATCH_SIZES) -> list[str]:
    """Several texts; their number is one of the sizes."""
    return [random_text(rng) for _ in range(rng.choice(sizes))]


def _length(rng: random.Random) -> int:
    if rng.random() < LONG_SHARE:
        return rng.randint(*LONG_WORDS)
    return max(1, round(rng.lognormvariate(0.0, SIGMA) * MEDIAN_WORDS))

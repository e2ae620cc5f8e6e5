"""What people do to words: typing errors, capitals, elongations, missing punctuation.

For measuring how much of a classifier's quality survives them; see `evaluate --noise`.
"""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np

from compression.data.dataset import Split

Kind = Literal["typos", "capitals", "elongations", "bare"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Generator = np.random.Generator
TYPO_RATE = 0.15
"""Share of words of four letters or more that get one typing error."""
ELONGATION_RATE = 0.15
_SHORTEST = 4
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def noised(split: Split, kind: Kind, *, seed: int = 0) -> Split:
    """A split whose texts went through one kind of noise; the labels stay.

    * `typos`: in some longer words two letters change places, or one is left out, doubled, or
      replaced by its neighbour on the keyboard.
    * `capitals`: everything in upper case.
    * `elongations`: in some words the last vowel comes four times.
    * `bare`: no punctuation, no emoji.
    """
    generator = np.random.default_rng(seed)
    change: Callable[[str], str] = {
        "typos": lambda text: _by_word(text, _typo, TYPO_RATE, generator),
        "capitals": str.upper,
        "elongations": lambda text: _by_word(
            text, lambda word, _: _elongated(word), ELONGATION_RATE, generator
        ),
        "bare": _bare,
    }[kind]
    return Split(tuple(change(text) for text in split.texts), split.targets)


def _by_word(
    text: str, change: Callable[[str, Generator], str], rate: float, generator: Generator
) -> str:
    words = text.split(" ")
    for i, word in enumerate(words):
        if word.isalpha() and len(word) >= _SHORTEST and generator.random() < rate:
            words[i] = change(word, generator)
    return " ".join(words)


def _typo(word: str, generator: Generator) -> str:
    at = int(generator.integers(1, len(word) - 1))  # the first letter is seldom the wrong one
    before, letter, after = word[:at], word[at], word[at + 1 :]
    kinds = (
        before + after[:1] + letter + after[1:],
        before + after,
        before + letter + letter + after,
        before + _neighbour(letter, generator) + after,
    )
    return kinds[int(generator.integers(len(kinds)))]


def _neighbour(letter: str, generator: Generator) -> str:
    for row in _KEYBOARD:
        if (at := row.find(letter.lower())) >= 0:
            beside: Sequence[str] = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
            return beside[int(generator.integers(len(beside)))]
    return letter


def _elongated(word: str) -> str:
    for at in range(len(word) - 1, -1, -1):
        if word[at].lower() in "aeiou":
            return word[:at] + word[at] * 4 + word[at + 1 :]
    return word


def _bare(text: str) -> str:
    # Brackets stay: they mark placeholders such as [NAME].
    kept = (c for c in text if c.isalnum() or c.isspace() or c in "'’[]")
    return "".join(kept)

"""Noise of informal writing: typing errors, capitals, elongations, missing punctuation.

`evaluate --noise` measures the quality of classifiers on noisy texts.
"""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np

from compression.data.dataset import Split

Kind = Literal["typos", "capitals", "elongations", "bare"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Generator = np.random.Generator
TYPO_RATE = 0.15
"""Share of the words of four or more letters that get one typing error."""
ELONGATION_RATE = 0.15
_SHORTEST = 4
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def noised(split: Split, kind: Kind, *, seed: int = 0) -> Split:
    """A split with one kind of noise in its texts, and the same labels.

    * `typos`: some words have two letters swapped, or one left out, doubled, or replaced by its
      neighbour on the keyboard.
    * `capitals`: all letters are upper case.
    * `elongations`: some words repeat their last vowel four times.
    * `bare`: no punctuation and no emoji.
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
    at = int(generator.integers(1, len(word) - 1))  # typing errors are rare in first letters
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
            neighbours: Sequence[str] = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
            return neighbours[int(generator.integers(len(neighbours)))]
    return letter


def _elongated(word: str) -> str:
    for at in range(len(word) - 1, -1, -1):
        if word[at].lower() in "aeiou":
            return word[:at] + word[at] * 4 + word[at + 1 :]
    return word


def _bare(text: str) -> str:
    # Keep brackets, which mark placeholders such as [NAME].
    kept = (c for c in text if c.isalnum() or c.isspace() or c in "'’[]")
    return "".join(kept)

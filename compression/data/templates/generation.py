"""Fills the templates so that every word, and every template of a word, comes equally often."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from compression.data.templates.lexicon import Lexicon, lexicon
from compression.data.templates.template import Slot, Template

T = TypeVar("T")
Generator = np.random.Generator
_TRIES = 20
"""Templates tried for a word before it is passed over in this round."""


def template_texts(count: int, *, seed: int) -> tuple[str, ...]:
    """Texts made of templates, all different from each other.

    In each round every word with templates of its own gets one text. The words of its other slots
    are drawn so that each comes equally often. Fewer texts of the same seed are the first of more.

    Args:
        count: number of texts.
        seed: of all random draws.

    Returns:
        `count` texts, or fewer if a whole round brings nothing new.
    """
    texts = _Texts(lexicon(), np.random.default_rng(seed))
    while len(texts.made) < count and texts.add_round(count):
        pass
    return tuple(texts.made)


class _Texts:
    def __init__(self, words: Lexicon, generator: Generator) -> None:
        self.made: dict[str, None] = {}
        self._generator = generator
        self._focused = [(slot, word) for slot in words.templates for word in words.words[slot]]
        self._words = {slot: _shuffled_rounds(words.words[slot], generator) for slot in words.words}
        self._templates = {
            slot: _shuffled_rounds(templates, generator)
            for slot, templates in words.templates.items()
        }

    def add_round(self, count: int) -> bool:
        """Add a text for each word, up to `count` texts in all; whether any was new."""
        before = len(self.made)
        for at in self._generator.permutation(len(self._focused)):
            if len(self.made) == count:
                break
            self._add(*self._focused[at])
        return len(self.made) > before

    def _add(self, slot: str, word: str) -> None:
        for _ in range(_TRIES):
            text = self._filled(next(self._templates[slot]), slot, word)
            if text not in self.made:
                self.made[text] = None
                return

    def _filled(self, template: Template, focus: str, word: str) -> str:
        waiting = {focus: word}  # for the first slot that takes it

        def word_for(slot: Slot) -> str:
            return waiting.pop(slot.name, None) or next(self._words[slot.name])

        return template.filled(word_for)


def _shuffled_rounds(items: Sequence[T], generator: Generator) -> Iterator[T]:
    """The items in random order, all of them before any comes again, without end."""
    while True:
        for at in generator.permutation(len(items)):
            yield items[at]

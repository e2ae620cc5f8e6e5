"""One template: a sentence with slots for words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

FORMS = ("base", "third", "past", "participle")
"""The forms of a verb, in the order of the lexicon: *weep*, *weeps*, *wept*, *weeping*."""
_SLOT = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
_ARTICLE = re.compile(r"a\(n\) (\w+)")
_VOWEL_SOUND = re.compile(
    r"(?!eu|one|u-|ufo|uni(?![mn])|us[eu])[aeiou]|honest|honou?r|hour|heir", re.IGNORECASE
)


@dataclass(frozen=True)
class Slot:
    """A place for a word.

    Attributes:
        name: of the words that fit.
        form: the form of a verb, whose forms are separated by `/`; None for all other words.
    """

    name: str
    form: str | None

    def inflected(self, word: str) -> str:
        """The word as it stands in the sentence."""
        return word if self.form is None else word.split("/")[FORMS.index(self.form)]


@dataclass(frozen=True)
class Template:
    """A sentence with slots.

    Attributes:
        literals: the text before, between and after the slots, one more than slots.
        slots: in the order of the sentence.
    """

    literals: tuple[str, ...]
    slots: tuple[Slot, ...]

    @classmethod
    def parse(cls, line: str) -> Self:
        """The template that a line such as `i am {people}, she {acting.past}` states."""
        parts = _SLOT.split(line)
        slots = tuple(Slot(*pair) for pair in zip(parts[1::3], parts[2::3], strict=True))
        return cls(tuple(parts[::3]), slots)

    def filled(self, word_for: Callable[[Slot], str]) -> str:
        """The sentence with a word in each slot; `a(n)` becomes the article that the word takes.

        Args:
            word_for: the word for a slot, called once a slot from left to right.
        """
        text = self.literals[0]
        for slot, literal in zip(self.slots, self.literals[1:], strict=True):
            text += slot.inflected(word_for(slot)) + literal
        return _ARTICLE.sub(lambda found: f"{_article(found[1])} {found[1]}", text)


def _article(word: str) -> str:
    return "an" if _VOWEL_SOUND.match(word) else "a"

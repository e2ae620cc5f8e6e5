"""Tokens to rows of the token table.

Row 0 belongs to every unknown token; the word at position i of a vocabulary has row i + 1.
"""

import sys
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.encodings.base import Arrays, check_array, take
from edgemood.errors import LayoutError
from edgemood.registry import Registry

UNKNOWN = 0
_SEPARATOR = "\n"  # white space, hence never part of a token


class Vocabulary(Protocol):
    """A mapping from tokens to rows, in some encoding."""

    encoding: ClassVar[str]

    def __len__(self) -> int:
        """Rows, the unknown row included."""

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory now, look-up structures included."""

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """The row of each token, `UNKNOWN` for those that are not known."""

    def arrays(self) -> Arrays:
        """The arrays as they are stored, by short name."""

    @classmethod
    def from_stored(cls, arrays: Arrays) -> Self:
        """Wrap stored arrays.

        Raises:
            LayoutError: they do not make up a vocabulary.
        """


class PlainVocabulary:
    """The words themselves, in UTF-8, one a line: readable, at about seven bytes a word."""

    encoding: ClassVar[str] = "plain"

    def __init__(self, words: Sequence[str]) -> None:
        """Number the words in the order given.

        Raises:
            LayoutError: a word is empty, holds a line break, or comes twice.
        """
        self.words = tuple(words)
        self._rows = {word: row for row, word in enumerate(self.words, start=UNKNOWN + 1)}
        if len(self._rows) != len(self.words):
            raise LayoutError("a word comes twice")
        if any(not word or _SEPARATOR in word or not _is_unicode(word) for word in self.words):
            raise LayoutError("a word is empty, holds a line break, or is not Unicode text")

    def __len__(self) -> int:
        return len(self.words) + 1

    @cached_property
    def resident_bytes(self) -> int:
        words = sum(sys.getsizeof(word) + sys.getsizeof(row) for word, row in self._rows.items())
        return words + sys.getsizeof(self._rows) + sys.getsizeof(self.words)

    def ids(self, tokens: Sequence[str]) -> list[int]:
        row_of = self._rows.get
        return [row_of(token, UNKNOWN) for token in tokens]

    def arrays(self) -> Arrays:
        text = "".join(word + _SEPARATOR for word in self.words)
        return {"words": np.frombuffer(text.encode(), dtype=np.uint8)}

    @classmethod
    def from_stored(cls, arrays: Arrays) -> Self:
        (stored,) = take(arrays, ("words",))
        words: NDArray[np.uint8] = check_array(
            stored, name="words", dtype="|u1", shape=(stored.size,)
        )
        try:
            text = words.tobytes().decode()
        except UnicodeDecodeError as error:
            raise LayoutError(f"the words are not UTF-8: {error}") from error
        if text and not text.endswith(_SEPARATOR):
            raise LayoutError("the last word has no end")
        return cls(text.split(_SEPARATOR)[:-1])


def _is_unicode(word: str) -> bool:
    """Whether a word can be written; a lone surrogate cannot."""
    return not any("\ud800" <= c <= "\udfff" for c in word)


VOCABULARIES: Registry[type[Vocabulary]] = Registry(
    "vocabulary encoding", ((entry.encoding, entry) for entry in (PlainVocabulary,))
)

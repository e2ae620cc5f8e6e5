"""A vocabulary that stores its words in UTF-8, one a line: readable, about seven bytes a word."""

import hashlib
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Arrays, check_array, expect_arrays
from edgemood.errors import LayoutError
from edgemood.text.vocabulary.backoff import (
    backoff_arrays,
    check_backoff,
    split_backoff,
)
from edgemood.text.vocabulary.base import UNKNOWN, check_word_count

_SEPARATOR = "\n"  # white space is never part of a token
MAX_TEXT_BYTES = 2**22
"""All words in UTF-8; in memory they take up to four times as much."""


@final
class PlainVocabulary:
    """The words themselves, in the order of their rows.

    Raises:
        LayoutError: a word is empty, contains a line break or a lone surrogate, or occurs twice;
            or `backoff` is out of range.
    """

    encoding: ClassVar[str] = "plain"

    def __init__(self, words: Sequence[str], *, backoff: int = 0) -> None:
        check_word_count(len(words))
        self.words, self.backoff = tuple(words), check_backoff(backoff)
        self._rows = {word: row for row, word in enumerate(self.words, start=UNKNOWN + 1)}
        if len(self._rows) != len(self.words):
            raise LayoutError("a word comes twice")
        if not all(self.words) or not _is_text(self.words):
            raise LayoutError("a word is empty, holds a line break, or is not Unicode text")

    def __len__(self) -> int:
        return len(self.words) + 1

    @cached_property
    def resident_bytes(self) -> int:
        """Bytes of the words, the rows, and the dictionary between them."""
        words = sum(sys.getsizeof(word) + sys.getsizeof(row) for word, row in self._rows.items())
        return words + sys.getsizeof(self._rows) + sys.getsizeof(self.words)

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Return the row of each token."""
        row_of = self._rows.get
        return [row_of(token, UNKNOWN) for token in tokens]

    def arrays(self) -> Arrays:
        """Return `words`, the UTF-8 text, and `backoff`."""
        text = "".join(word + _SEPARATOR for word in self.words).encode()
        return {"words": np.frombuffer(text, dtype=np.uint8), **backoff_arrays(self.backoff)}

    @classmethod
    def from_stored(cls, arrays: Arrays) -> "PlainVocabulary":
        """Build a vocabulary from stored arrays, or return a loaded one of the same content."""
        backoff, arrays = split_backoff(arrays)
        (stored,) = expect_arrays(arrays, ("words",))
        words: NDArray[np.uint8] = check_array(
            stored, name="words", dtype="|u1", shape=(stored.size,)
        )
        if words.size > MAX_TEXT_BYTES:
            raise LayoutError(f"{words.size:,} bytes of words; at most {MAX_TEXT_BYTES:,}")
        content = words.tobytes()
        check_word_count(content.count(_SEPARATOR.encode()))
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise LayoutError(f"the words are not UTF-8: {error}") from error
        if text and not text.endswith(_SEPARATOR):
            raise LayoutError("the last word has no end")
        key = hashlib.blake2b(content, salt=bytes((backoff,))).digest()
        vocabulary = _LOADED.get(key)
        if vocabulary is None:
            vocabulary = _LOADED[key] = cls(text.split(_SEPARATOR)[:-1], backoff=backoff)
        return vocabulary


_LOADED: WeakValueDictionary[bytes, PlainVocabulary] = WeakValueDictionary()
"""Loaded vocabularies by a hash of their content. Variants of one base model have the same words,
and this keeps a single copy in memory."""


def _is_text(words: Sequence[str]) -> bool:
    """Whether the words can be stored, without line breaks and lone surrogates."""
    text = "".join(words)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return _SEPARATOR not in text

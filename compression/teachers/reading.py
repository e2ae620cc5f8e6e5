"""Texts for a transformer: normalized as for the tokenizer, with elongated words shortened.

A transformer has the words `so` and `laughing` in its vocabulary. It splits `sooooo` into pieces,
and most emoji are unknown to it.
"""

import re
from collections.abc import Collection

from edgemood.text.normalization import resolve
from edgemood.text.normalization.elongation import collapsed, shorten

_WORD = re.compile(r"[^\W\d_]{3,}")


def readable(text: str, words: Collection[str]) -> str:
    """The text that a transformer gets.

    Args:
        text: as it was written.
        words: the transformer's whole words, in lower case. An elongated word becomes the first of
            its shorter spellings that is among them.
    """
    return _WORD.sub(lambda match: _unelongated(match[0], words), resolve(text))


def _unelongated(word: str, words: Collection[str]) -> str:
    lower = word.lower()
    short = shorten(lower)
    if short == lower:
        return word
    candidates = (short, *collapsed(short))
    return next((candidate for candidate in candidates if candidate in words), short)

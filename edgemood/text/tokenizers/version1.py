"""Version 1 of the tokenizer. Variant files made with it stay readable.

The rules apply to Unicode code points, in this order. A hand-written scanner in any language can
implement them; `tests/edgemood/text/tokenizers/test_version1.py` contains one, and
`tests/vectors/tokenizer-1.json` examples.

1. *Fold*. An upper-case letter becomes its lower-case letter, U+2019 becomes ``'``, and U+2026
   (the ellipsis) becomes two full stops. *Letters* are the code points of `LETTER_RANGES`.
2. *Shorten*. Three or more of one letter in a row become two: ``sooooo`` -> ``soo``.
3. *Scan* from the left. At each position, the first of these rules that matches gives a token:

   * ``[name]`` or ``[religion]``, the placeholders of GoEmotions;
   * a word: letters, possibly several groups of them joined by single apostrophes (``don't``);
   * a run of ASCII digits;
   * a run of ``!`` and ``?``, which becomes ``!``, ``!!``, ``?``, ``??`` (two stand for two or
     more) or, if it is mixed, ``?!``;
   * two or more full stops, which become ``..``;
   * any other single code point (punctuation, emoji, a letter of a script without case), except
     those of `SKIPPED_RANGES` (white space, controls, joiners, variation selectors, skin tones),
     which separate tokens and are dropped.

An unknown token of 5 to 64 code points stands for the first known one of its `candidates`.

There is no Unicode normalisation, no locale, no stemming and no sub-words. In scripts outside
`LETTER_RANGES` every code point is a token.
"""

import re
from collections.abc import Iterator

from edgemood.text.characters import LETTER, LOWER
from edgemood.text.tokenizers.prefixes import LONGEST_TOKEN, SHORTEST_PREFIX, prefixes
from edgemood.text.tokenizers.scanning import scan, token_pattern

FOLD = LOWER | {0x2019: "'", 0x2026: ".."}
_ELONGATED = re.compile(rf"({LETTER})\1\1+")
_TOKEN = token_pattern(("[name]", "[religion]"))


def tokenize(text: str, /) -> list[str]:
    """Split a text into tokens.

    Args:
        text: any string; lone surrogates are tokens like any other code point.

    Returns:
        The tokens in order; empty if the text contains only skipped code points.
    """
    # For ASCII text, lower() gives the same result as translate(), which takes half of the time
    # of tokenizing.
    lower = text.lower() if text.isascii() else text.translate(FOLD)
    return scan(_TOKEN, _ELONGATED.sub(r"\1\1", lower))


def candidates(token: str, backoff: int, /) -> Iterator[str]:
    """What an unknown token may stand for; nothing if `backoff` is 0.

    1. The token with one letter of a doubled pair removed, pair by pair from the left (`haappy` ->
       `happy`).
    2. Its prefixes, the longest first, that lack at most `backoff` code points and keep at least
       `SHORTEST_PREFIX` (`stupidly` -> `stupid`).
    """
    if not backoff or not SHORTEST_PREFIX < len(token) <= LONGEST_TOKEN:
        return
    for i in range(1, len(token)):
        if token[i] == token[i - 1]:
            yield token[:i] + token[i + 1 :]
    yield from prefixes(token, backoff)

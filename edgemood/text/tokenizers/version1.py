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

There is no Unicode normalisation, no locale, no stemming and no sub-words. In scripts outside
`LETTER_RANGES` every code point is a token.
"""

import re

LETTER_RANGES = (
    (0x41, 0x5A),  # A-Z
    (0x61, 0x7A),  # a-z
    (0xC0, 0xD6),  # Latin-1, Latin Extended-A and -B, without the signs for times and divide
    (0xD8, 0xF6),
    (0xF8, 0x24F),
    (0x370, 0x373),  # Greek and Cyrillic, without their punctuation and number signs
    (0x376, 0x377),
    (0x37B, 0x37D),
    (0x37F, 0x37F),
    (0x386, 0x386),
    (0x388, 0x3F5),
    (0x3F7, 0x481),
    (0x48A, 0x52F),
    (0x1E00, 0x1EFF),  # Latin Extended Additional
)
SKIPPED_RANGES = (
    (0x00, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAD),
    (0x1680, 0x1680),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x3000, 0x3000),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0x1F3FB, 0x1F3FF),
)


def _fold_table() -> dict[int, str]:
    letters = [chr(c) for first, last in LETTER_RANGES for c in range(first, last + 1)]
    # U+0130 is the only letter of these ranges whose lower case has two code points.
    table = {ord(c): c.lower()[0] for c in letters if c.lower() != c}
    return table | {0x2019: "'", 0x2026: ".."}


def _in_class(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


FOLD = _fold_table()
_LETTER = f"[{_in_class(LETTER_RANGES)}]"
_ELONGATED = re.compile(rf"({_LETTER})\1\1+")
_TOKEN = re.compile(
    rf"\[(?:name|religion)\]|{_LETTER}+(?:'{_LETTER}+)*|[0-9]+|[!?]+|\.\.+"
    rf"|[^{_in_class(SKIPPED_RANGES)}]"
)


def tokenize(text: str) -> list[str]:
    """Split a text into tokens.

    Args:
        text: any string; lone surrogates are tokens like any other code point.

    Returns:
        The tokens in order; empty if the text contains only skipped code points.
    """
    # For ASCII text, lower() gives the same result as translate(), which takes half of the time
    # of tokenizing.
    lower = text.lower() if text.isascii() else text.translate(FOLD)
    folded = _ELONGATED.sub(r"\1\1", lower)
    return [_canonical(token) if token[0] in "!?." else token for token in _TOKEN.findall(folded)]


def _canonical(run: str) -> str:
    if "!" in run and "?" in run:
        return "?!"
    return run[:2]

"""One spelling for characters that read the same, independent of the platform's Unicode version.

1. Code points of `IGNORED_RANGES` are dropped: invisible ones, which may stand inside words
   (U+00AD, the soft hyphen, in `disap-pointed`), variation selectors and skin tones.
2. The code points of `PUNCTUATION` become ASCII: apostrophes, quotation marks, dashes and the
   ellipsis. Variants of letters, digits and ASCII punctuation become these: full-width and
   mathematical ones, ligatures, and letters in circles and squares (`tables.FOLDED`,
   `tables.LIGATURES`).
3. A letter with combining marks (`MARK_RANGES`) after it takes the first mark with which
   `tables.COMPOSED` has a letter for it and becomes that letter, until it has none. All marks that
   are left are dropped.
"""

import re
from collections.abc import Iterator
from functools import cache

from edgemood.text.characters import LETTERS, LOWER, Ranges, code_points, in_class
from edgemood.text.normalization.tables import COMPOSED, FOLDED, LIGATURES

IGNORED_RANGES: Ranges = (
    (0xAD, 0xAD),  # the property Default_Ignorable_Code_Point
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0x1F3FB, 0x1F3FF),  # skin tones
    (0xE0000, 0xE0FFF),  # tags and more variation selectors
)
_TAG_RANGE = IGNORED_RANGES[-1:]
MARK_RANGES: Ranges = (
    (0x300, 0x36F),
    (0x483, 0x489),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)
"""Combining marks of Latin, Greek, Cyrillic and symbols. In other scripts, words need theirs."""
PUNCTUATION = {
    "'": "`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u0374\u0384\u055a\u1fbd\u1fbf\u1ffd"
    "\u2018\u2019\u201b\u2032\u2035\u275b\u275c\ua78b\ua78c",
    '"': "\u201c\u201d\u201e\u201f\u2033\u275d\u275e",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "..": "\u2025\u2026",
}
"""ASCII, and the characters that become it."""


_NOT_ASCII = re.compile("[^\x00-\x7f]+")
# Tags are dropped as marks are, so that they take no space in the table of folds.
_MARK = re.compile(f"[{in_class(MARK_RANGES + _TAG_RANGE)}]")
_MARKED = re.compile(f"([{LETTERS}]?)({_MARK.pattern}+)")


def fold_letters(text: str) -> str:
    """Give characters that read the same one spelling.

    Args:
        text: any string.
    """
    if text.isascii():
        return text.replace("`", "'")
    text = text.replace("`", "'")
    text = _NOT_ASCII.sub(lambda match: match[0].translate(_folds()), text)
    return _MARKED.sub(_composed, text) if _MARK.search(text) else text


def _composed(match: re.Match[str]) -> str:
    letter, marks = match.groups()
    compositions = _compositions()
    while known := [mark for mark in marks if letter + mark in compositions]:  # three times at most
        letter, marks = compositions[letter + known[0]], marks.replace(known[0], "", 1)
    return letter


@cache
def _compositions() -> dict[str, str]:
    """From letter and mark, also in upper case, to the letter that they form."""
    lower = {
        base + mark: composed
        for mark, pairs in COMPOSED.items()
        for base, composed in zip(pairs[::2], pairs[1::2], strict=True)
    }
    upper_of = {ord(to): code for code, to in reversed(LOWER.items())}  # the first of several
    return lower | {
        pair.translate(upper_of): chr(upper_of[ord(composed)])
        for pair, composed in lower.items()
        if ord(composed) in upper_of
    }


@cache
def _folds() -> dict[int, str]:
    """What code points become, for `str.translate`."""
    texts = {c: to for to, variants in PUNCTUATION.items() for c in variants}
    texts |= {entry[0]: entry[1:] for entry in LIGATURES.split()}
    folds = dict.fromkeys(map(ord, code_points(IGNORED_RANGES[:-1])), "")
    folds |= {code: texts.get(to, to) for entry in FOLDED.split() for code, to in _run(entry)}
    return folds | {ord(c): to for c, to in texts.items()}


def _run(entry: str) -> Iterator[tuple[int, str]]:
    """The code points of an entry of `FOLDED`, and what each becomes."""
    codes, _, to = entry.partition(":")
    first, _, last = codes.partition("-")
    start = int(first, 16)
    for code in range(start, int(last or first, 16) + 1):
        yield code, chr(int(to, 16) + code - start)

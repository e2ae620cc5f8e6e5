"""Classes of Unicode code points, and the lower case of letters, for every tokenizer.

They are the same for every version of Unicode that Python may have.
"""

import re
from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]
"""First and last code points."""

LETTER_RANGES: Ranges = (
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
SKIPPED_RANGES: Ranges = (
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
"""White space, controls, joiners, variation selectors and skin tones: they separate tokens."""


def code_points(ranges: Ranges) -> Iterable[str]:
    """The code points of some ranges, in order."""
    return (chr(code) for first, last in ranges for code in range(first, last + 1))


def in_class(ranges: Ranges) -> str:
    """The inside of a character class of a regular expression."""
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


LETTERS = in_class(LETTER_RANGES)
LETTER = f"[{LETTERS}]"
"""A regular expression for one letter."""
# U+0130 is the only letter of these ranges whose lower case has two code points.
LOWER = {ord(c): c.lower()[0] for c in code_points(LETTER_RANGES) if c.lower() != c}
"""Upper-case letters to lower-case letters, for `str.translate`."""

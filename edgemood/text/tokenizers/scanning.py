"""The scan for tokens, which every version ends with."""

import re
from collections.abc import Iterable

from edgemood.text.characters import LETTER, SKIPPED_RANGES, in_class

_SKIPPED = in_class(SKIPPED_RANGES)


def token_pattern(
    special: Iterable[str], *, letter: str = LETTER, skipped: str = _SKIPPED
) -> re.Pattern[str]:
    """A pattern that matches the next token.

    Args:
        special: tokens in brackets.
        letter: a pattern for one letter.
        skipped: the inside of a class of code points that separate tokens.
    """
    specials = "|".join(re.escape(token) for token in special)
    word = f"{letter}++(?:'{letter}++)*+"
    return re.compile(rf"{word}|{specials}|[0-9]++|[!?]++|\.\.++|[^{skipped}]")


def ascii_token_pattern(special: Iterable[str]) -> re.Pattern[str]:
    """A pattern for lower-case ASCII texts, which gives the same tokens in less time."""
    return token_pattern(special, letter="[a-z]", skipped="\x00-\x20\x7f")


def scan(pattern: re.Pattern[str], text: str) -> list[str]:
    """The tokens of a text in their canonical form, in order."""
    return [_canonical(token) if token[0] in "!?." else token for token in pattern.findall(text)]


def _canonical(run: str) -> str:
    if "!" in run and "?" in run:
        return "?!"
    return run[:2]

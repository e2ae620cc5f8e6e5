"""The scan for tokens, which every version ends with."""

import re
from collections.abc import Iterable

from edgemood.text.characters import LETTER, SKIPPED_RANGES, in_class

_OTHERS = rf"[0-9]+|[!?]+|\.\.+|[^{in_class(SKIPPED_RANGES)}]"


def token_pattern(special: Iterable[str], *, letter: str = LETTER) -> re.Pattern[str]:
    """A pattern that matches the next token.

    Args:
        special: tokens in brackets.
        letter: a pattern for one letter.
    """
    specials = "|".join(re.escape(token) for token in special)
    return re.compile(f"{letter}+(?:'{letter}+)*|{specials}|{_OTHERS}")


def scan(pattern: re.Pattern[str], text: str) -> list[str]:
    """The tokens of a text in their canonical form, in order."""
    return [_canonical(token) if token[0] in "!?." else token for token in pattern.findall(text)]


def _canonical(run: str) -> str:
    if "!" in run and "?" in run:
        return "?!"
    return run[:2]

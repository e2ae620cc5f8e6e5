"""Version 2 of the tokenizer: `edgemood.text.normalization`, then lower case and the scan."""

import re

from edgemood.text.characters import LETTER, LOWER, SKIPPED_RANGES, in_class
from edgemood.text.normalization import SPECIAL_TOKENS, resolve
from edgemood.text.normalization.elongation import shorten

_SPECIAL = rf"\[(?:{'|'.join(token[1:-1] for token in SPECIAL_TOKENS)})\]"
_ENDS = rf"[0-9]+|[!?]+|\.\.+|[^{in_class(SKIPPED_RANGES)}]"
_TOKEN = re.compile(rf"{LETTER}+(?:'{LETTER}+)*|{_SPECIAL}|{_ENDS}")
_ASCII_TOKEN = re.compile(rf"[a-z]+(?:'[a-z]+)*|{_SPECIAL}|{_ENDS}")


def tokenize(text: str) -> list[str]:
    """Split a text into tokens.

    Args:
        text: any string; lone surrogates are tokens like any other code point.

    Returns:
        The tokens in order; empty if the text contains only white space and controls.
    """
    text = resolve(text)
    if text.isascii():
        tokens = _ASCII_TOKEN.findall(shorten(text.lower()))
    else:
        tokens = _TOKEN.findall(shorten(text.translate(LOWER)))
    return [_canonical(token) if token[0] in "!?." else token for token in tokens]


def _canonical(run: str) -> str:
    if "!" in run and "?" in run:
        return "?!"
    return run[:2]

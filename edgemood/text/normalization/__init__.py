"""Spellings that read the same become one spelling, before a text is split into tokens.

Each module is one step. `normalize` puts them together; a transformer reads what it returns, and
version 2 of the tokenizer splits it.
"""

import re

from edgemood.text.normalization.elongation import shorten_in_any_case
from edgemood.text.normalization.emoji import replace_emoji
from edgemood.text.normalization.emoticons import replace_emoticons
from edgemood.text.normalization.feelings import FEELINGS, shorten_runs
from edgemood.text.normalization.handles import replace_handles
from edgemood.text.normalization.letters import fold_letters
from edgemood.text.normalization.markup import decode_markup

PLACEHOLDERS = ("name", "religion", "url", "email", "user")
"""Words in brackets that stand for what a text does not show."""
SPECIAL_TOKENS = tuple(f"[{word}]" for word in PLACEHOLDERS + FEELINGS)
"""All tokens in brackets. In a text they may have any case."""
_SPECIAL = frozenset(SPECIAL_TOKENS)
_BRACKETED = re.compile(r"\[[A-Za-z]+\]")
_BLANKS = re.compile("  +")
# Most texts are made of these alone. A full stop may then be part of an address or of `o.O`.
_PLAIN = re.compile(r"[A-Za-z0-9 \n,.!?'\"-]*")
_DOTTED = re.compile(r"\.[A-Za-z-]")


def normalize(text: str) -> str:
    """Return the text as a reader understands it, in ordinary characters.

    Args:
        text: any string; lone surrogates are kept.

    Returns:
        Words and special tokens in the order and case of the text, without surplus blanks.
    """
    return _BLANKS.sub(" ", shorten_in_any_case(resolve(text))).strip(" ")


def resolve(text: str) -> str:
    """Do all of `normalize` but the last step, which shortens elongated words."""
    if _is_plain(text):
        return text
    text = replace_handles(fold_letters(decode_markup(text)))
    text = replace_emoticons(replace_emoji(text))
    if "[" in text:
        text = shorten_runs(_BRACKETED.sub(_lower_if_special, text))
    return text


def _lower_if_special(match: re.Match[str]) -> str:
    lower = match[0].lower()
    return lower if lower in _SPECIAL else match[0]


def _is_plain(text: str) -> bool:
    """Whether no step changes the text, from the few characters that it consists of."""
    if not _PLAIN.fullmatch(text) or _DOTTED.search(text):
        return False
    lower = text.lower()
    return not ("www." in lower or "xd" in lower or "uwu" in lower or "owo" in lower)

"""Version 2 of the tokenizer: a normalized text in lower case, and the scan.

`docs/text.md` specifies it. `edgemood.text.normalization` does all that comes before the scan.
"""

from collections.abc import Iterator

from edgemood.text.characters import LOWER
from edgemood.text.normalization import SPECIAL_TOKENS, resolve
from edgemood.text.normalization.elongation import collapsed, shorten
from edgemood.text.tokenizers.prefixes import LONGEST_TOKEN, prefixes
from edgemood.text.tokenizers.scanning import ascii_token_pattern, scan, token_pattern

_TOKEN = token_pattern(SPECIAL_TOKENS)
_ASCII_TOKEN = ascii_token_pattern(SPECIAL_TOKENS)
_NO_WORD = frozenset("[!?.0123456789")
"""What the other tokens of more than one code point begin with."""


def tokenize(text: str, /) -> list[str]:
    """Split a text into tokens.

    Args:
        text: any string; lone surrogates are tokens like any other code point.

    Returns:
        The tokens in order; empty if the text contains only white space and controls.
    """
    lower = _lower(resolve(text))
    return scan(_ASCII_TOKEN if lower.isascii() else _TOKEN, shorten(lower))


def spellings(text: str) -> list[str]:
    """The tokens as they are written, before `shorten`: `sooooo` and not `soo`."""
    return scan(_TOKEN, _lower(resolve(text)))


def candidates(token: str, backoff: int, /) -> Iterator[str]:
    """What an unknown word of at most `LONGEST_TOKEN` code points may stand for.

    First what it is an elongation of, whatever `backoff` is (`haappyy` -> `happy`), then its
    prefixes that lack at most `backoff` code points.
    """
    if len(token) <= LONGEST_TOKEN and token[:1] not in _NO_WORD:
        yield from collapsed(token)
        yield from prefixes(token, backoff)


def _lower(text: str) -> str:
    # For ASCII text, lower() gives the same result in a fraction of the time.
    return text.lower() if text.isascii() else text.translate(LOWER)

"""The protocol of a tokenizer. Each version is a module with these functions."""

from collections.abc import Iterator
from typing import Protocol


class Tokenizer(Protocol):
    """One version of the rules from a text to tokens."""

    def tokenize(self, text: str, /) -> list[str]:
        """Split a text into tokens.

        Args:
            text: any string; lone surrogates are allowed.

        Returns:
            The tokens in order; empty if the text contains nothing that is a token.
        """

    def candidates(self, token: str, backoff: int, /) -> Iterator[str]:
        """What an unknown token may stand for, the likeliest first.

        Args:
            token: that a vocabulary does not know.
            backoff: code points that it may lose at its end, as the vocabulary's file says.
        """

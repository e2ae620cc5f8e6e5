"""The protocol of a tokenizer. Each version is a module with these functions."""

from typing import Protocol


class Tokenizer(Protocol):
    """One version of the rules that turn a text into tokens."""

    def tokenize(self, text: str, /) -> list[str]:
        """Split a text into tokens.

        Args:
            text: any string; lone surrogates are allowed.

        Returns:
            The tokens in order; empty if the text contains nothing that is a token.
        """

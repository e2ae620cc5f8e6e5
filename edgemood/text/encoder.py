"""From a text to the rows of the token table: tokens, look-up, and backing off."""

from dataclasses import dataclass

from edgemood.errors import UnknownNameError
from edgemood.text.tokenizers import TOKENIZERS
from edgemood.text.tokenizers.base import Tokenizer
from edgemood.text.vocabulary import UNKNOWN, Vocabulary


@dataclass(frozen=True)
class TextEncoder:
    """A tokenizer and a vocabulary that was made with it."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary

    @classmethod
    def of(cls, vocabulary: Vocabulary, *, tokenizer_version: int) -> "TextEncoder":
        """The encoder of a vocabulary.

        Args:
            vocabulary: of the tokens of that version.
            tokenizer_version: a key of `TOKENIZERS`.

        Raises:
            UnknownNameError: there is no such version.
        """
        if tokenizer_version not in TOKENIZERS:
            known = map(str, TOKENIZERS)
            raise UnknownNameError("tokenizer version", str(tokenizer_version), known)
        return cls(TOKENIZERS[tokenizer_version], vocabulary)

    def rows(self, text: str) -> list[int]:
        """The row of each token, or of its first known candidate if it is unknown.

        A text without tokens is one unknown token.
        """
        tokens = self.tokenizer.tokenize(text)
        rows = self.vocabulary.ids(tokens)
        return self._backed_off(tokens, rows) if UNKNOWN in rows else rows or [UNKNOWN]

    def _backed_off(self, tokens: list[str], rows: list[int]) -> list[int]:
        backoff = self.vocabulary.backoff
        candidates = [
            (i, candidate)
            for i, row in enumerate(rows)
            if row == UNKNOWN
            for candidate in self.tokenizer.candidates(tokens[i], backoff)
        ]
        found = self.vocabulary.ids([candidate for _, candidate in candidates])
        for (i, _), row in zip(candidates, found, strict=True):  # in order of preference
            if rows[i] == UNKNOWN:
                rows[i] = row
        return rows

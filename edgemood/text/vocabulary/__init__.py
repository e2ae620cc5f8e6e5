"""Tokens to rows of the token table. `VOCABULARIES` is the one table of vocabulary encodings.

To add an encoding, write one module with a class that implements `base.Vocabulary`, and add the
class to the table.
"""

from edgemood.registry import Registry
from edgemood.text.vocabulary.backoff import MAX_BACKOFF
from edgemood.text.vocabulary.base import MAX_WORDS, UNKNOWN, Vocabulary
from edgemood.text.vocabulary.fingerprints import FingerprintVocabulary
from edgemood.text.vocabulary.plain import PlainVocabulary

VOCABULARIES: Registry[type[Vocabulary]] = Registry(
    "vocabulary encoding",
    ((entry.encoding, entry) for entry in (PlainVocabulary, FingerprintVocabulary)),
)

__all__ = [
    "MAX_BACKOFF",
    "MAX_WORDS",
    "UNKNOWN",
    "VOCABULARIES",
    "FingerprintVocabulary",
    "PlainVocabulary",
    "Vocabulary",
]

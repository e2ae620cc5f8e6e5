"""Texts to tokens. `TOKENIZERS` is the one table of versions, used in training and in serving.

A variant file states the version that it was trained with and is always read with that version.
"""

from collections.abc import Mapping

from edgemood.text.tokenizers import version1, version2
from edgemood.text.tokenizers.base import Tokenizer

TOKENIZERS: Mapping[int, Tokenizer] = {1: version1, 2: version2}
CURRENT_VERSION = 2
"""The version of new trainings. A change of its rules is a new version."""

__all__ = ["CURRENT_VERSION", "TOKENIZERS", "Tokenizer"]

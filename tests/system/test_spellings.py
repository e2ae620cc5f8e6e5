"""Spellings that read the same to a person are the same text to a classifier."""

import pytest

from edgemood.text.normalization import normalize
from edgemood.text.normalization.elongation import collapsed
from edgemood.text.tokenizers.version2 import tokenize
from tests.system.spellings import ELONGATIONS, EXACT

WORDS = {
    word.strip(",!?.").lower() for _, plain in EXACT + ELONGATIONS for word in plain.split()
} | {"hat", "mod", "sod", "lov", "bade", "amaze"}
"""What a small vocabulary knows, some words among them that must not be taken for others."""


@pytest.mark.parametrize(("written", "plain"), EXACT, ids=ascii)
def test_a_reader_sees_no_difference(written: str, plain: str) -> None:
    assert tokenize(written) == tokenize(plain)
    assert normalize(normalize(written)) == normalize(written)


@pytest.mark.parametrize(("written", "plain"), ELONGATIONS, ids=ascii)
def test_elongated_words_are_taken_for_the_words_that_they_lengthen(
    written: str, plain: str
) -> None:
    assert [known(word) for word in words_of(written)] == words_of(plain)


def words_of(text: str) -> list[str]:
    return [word.strip(",!?.") for word in normalize(text).lower().split()]


def known(word: str) -> str:
    if word in WORDS:
        return word
    return next((other for other in collapsed(word) if other in WORDS), word)

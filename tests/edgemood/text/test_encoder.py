"""Tokens, look-up and backing off, with every version of the tokenizer and every vocabulary."""

from collections.abc import Callable, Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.errors import UnknownNameError
from edgemood.text.encoder import TextEncoder
from edgemood.text.tokenizers import TOKENIZERS
from edgemood.text.vocabulary import (
    UNKNOWN,
    VOCABULARIES,
    FingerprintVocabulary,
    PlainVocabulary,
    Vocabulary,
)

WORDS = ("be", "good", "happy", "sad", "so", "stupid", "too", "lol", "haha", "bad")
Make = Callable[[Sequence[str], int], Vocabulary]
MAKERS: dict[str, Make] = {
    "plain": lambda words, backoff: PlainVocabulary(words, backoff=backoff),
    "fingerprints": lambda words, backoff: FingerprintVocabulary.sort(words, backoff=backoff)[0],
}
each_vocabulary = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
each_version = pytest.mark.parametrize("version", TOKENIZERS)


def test_every_vocabulary_is_tested() -> None:
    assert set(MAKERS) == set(VOCABULARIES)


def check(make: Make, version: int, token: str, stands_for: str | None, *, backoff: int) -> None:
    encoder = TextEncoder.of(make(WORDS, backoff), tokenizer_version=version)
    expected = encoder.vocabulary.ids([stands_for])[0] if stands_for else UNKNOWN
    assert encoder.rows(f"x {token} happy")[1:] == [expected, *encoder.vocabulary.ids(["happy"])]


@each_vocabulary
@pytest.mark.parametrize(
    ("token", "stands_for"),
    [
        ("happy", "happy"),
        ("haappy", "happy"),  # one letter of a doubled pair
        ("happyyyy", "happy"),
        ("haappyy", None),  # two letters too many
        ("stupids", "stupid"),
        ("stupidly", "stupid"),
        ("stupidity", None),  # the prefix lacks three letters
        ("bee", None),  # too short to lose a letter
        ("sadd", None),
        ("goodie", "good"),
        ("goodd", "good"),
        ("godod", None),
        ("zzz", None),
    ],
)
def test_candidates_of_version_1(make: Make, token: str, stands_for: str | None) -> None:
    check(make, 1, token, stands_for, backoff=2)
    if token not in WORDS:
        check(make, 1, token, None, backoff=0)


@each_vocabulary
@pytest.mark.parametrize("backoff", [0, 2])
@pytest.mark.parametrize(
    ("token", "stands_for"),
    [
        ("saddd", "sad"),
        ("BADDDD", "bad"),
        ("soooo", "so"),
        ("tooooo", "too"),
        ("haaappppyyyy", "happy"),
        ("hahahaha", "haha"),
        ("hahah", "haha"),
        ("ahahaha", "haha"),
        ("lololol", "lol"),
        ("oo", None),
        ("aabbccddeegood", None),  # five runs
        ("sadsad", None),
    ],
)
def test_elongations_of_version_2(
    make: Make, token: str, stands_for: str | None, backoff: int
) -> None:
    check(make, 2, token, stands_for, backoff=backoff)


@pytest.mark.parametrize("token", ["[applause]", "100000", "!!", ""])
def test_only_words_have_candidates_in_version_2(token: str) -> None:
    assert list(TOKENIZERS[2].candidates(token, 2)) == []


@each_vocabulary
@pytest.mark.parametrize(
    ("token", "stands_for"),
    [
        ("stupidly", "stupid"),
        ("stupidity", None),
        ("goodie", "good"),
        ("sadly", None),
        ("12345", None),
    ],
)
def test_prefixes_of_version_2(make: Make, token: str, stands_for: str | None) -> None:
    check(make, 2, token, stands_for, backoff=2)
    check(make, 2, token, None, backoff=0)


@pytest.mark.parametrize(
    ("version", "candidates"),
    [
        (1, ["hapyyo", "happyo", "happyy", "happy"]),  # pair by pair, then shorter and shorter
        (2, ["hapyyo", "happyo", "hapyo", "happyy", "happy"]),  # each pair, then both
    ],
)
def test_order_of_preference(version: int, candidates: list[str]) -> None:
    assert list(TOKENIZERS[version].candidates("happyyo", 2)) == candidates


@each_version
def test_very_long_tokens_have_no_candidates(version: int) -> None:
    longest = "abcd" * 16
    candidates = TOKENIZERS[version].candidates
    assert list(candidates(longest, 2)) == [longest[:-1], longest[:-2]]
    assert list(candidates(longest + "a", 2)) == []
    assert list(candidates("aa" * 5000, 2)) == []


@each_version
def test_unknown_tokens_are_looked_up_twice_and_known_ones_once(version: int) -> None:
    calls: list[list[str]] = []

    class Recording:
        backoff = 2

        def ids(self, tokens: Sequence[str]) -> list[int]:
            calls.append(list(tokens))
            return [1 if token == "happy" else UNKNOWN for token in tokens]

    encoder = TextEncoder(TOKENIZERS[version], cast(Vocabulary, Recording()))
    assert encoder.rows("happy") == [1]
    assert encoder.rows("happys happy happyly") == [1, 1, 1]
    assert [len(tokens) for tokens in calls] == [1, 3, 6]  # three candidates for each unknown token


@each_version
def test_a_text_without_tokens_is_one_unknown_token(version: int) -> None:
    encoder = TextEncoder.of(PlainVocabulary(WORDS), tokenizer_version=version)
    assert encoder.rows("") == encoder.rows(" \n") == [UNKNOWN]


@each_version
@each_vocabulary
@given(texts=st.lists(st.text()), backoff=st.integers(0, 8))
def test_backing_off_changes_unknown_tokens_only(
    make: Make, version: int, texts: list[str], backoff: int
) -> None:
    encoder = TextEncoder.of(make(WORDS, backoff), tokenizer_version=version)
    for text in [*texts, "so haappy"]:
        strict = encoder.vocabulary.ids(encoder.tokenizer.tokenize(text)) or [UNKNOWN]
        backed_off = encoder.rows(text)
        assert len(backed_off) == len(strict)
        assert all(b == a for a, b in zip(strict, backed_off, strict=True) if a != UNKNOWN)


def test_an_unknown_version_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="1, 2"):
        TextEncoder.of(PlainVocabulary(WORDS), tokenizer_version=99)

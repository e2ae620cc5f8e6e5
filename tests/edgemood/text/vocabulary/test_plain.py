"""The vocabulary of readable words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.errors import LayoutError
from edgemood.text.tokenizers.version1 import tokenize
from edgemood.text.vocabulary import UNKNOWN, PlainVocabulary

words_strategy = st.lists(st.text(min_size=1).map(tokenize), max_size=20).map(
    lambda lists: sorted({token for tokens in lists for token in tokens if token.isprintable()})
)


@given(words=words_strategy)
def test_round_trip(words: list[str]) -> None:
    vocabulary = PlainVocabulary(words)
    again = PlainVocabulary.from_stored(vocabulary.arrays())
    assert again.words == tuple(words)
    assert again.ids(words) == list(range(1, len(words) + 1))


def test_the_same_words_are_held_once() -> None:
    stored = PlainVocabulary(["a", "b"]).arrays()
    first, second = (PlainVocabulary.from_stored(dict(stored)) for _ in range(2))
    assert first is second
    other = PlainVocabulary(["a", "b"], backoff=2).arrays()
    assert PlainVocabulary.from_stored(other) is not first
    assert PlainVocabulary.from_stored(other).backoff == 2


def test_ids() -> None:
    vocabulary = PlainVocabulary(["a", "b"])
    assert len(vocabulary) == 3
    assert vocabulary.ids(["b", "zzz", "a", "\ud800"]) == [2, UNKNOWN, 1, UNKNOWN]


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (b"a\nb", "no end"),
        (b"a\n\nb\n", "empty"),
        (b"a\na\n", "twice"),
        (b"\xff\n", "UTF-8"),
    ],
)
def test_damaged_words_are_refused(stored: bytes, problem: str) -> None:
    with pytest.raises(LayoutError, match=problem):
        PlainVocabulary.from_stored({"words": np.frombuffer(stored, np.uint8)})


def test_resident_bytes_count_the_look_up() -> None:
    one, many = PlainVocabulary(["a"]), PlainVocabulary([f"w{i}" for i in range(1000)])
    assert many.resident_bytes > one.resident_bytes + 999 * 50

"""What every vocabulary encoding guarantees, for the whole table."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.errors import LayoutError, UnknownNameError
from edgemood.text.tokenizers.version1 import tokenize
from edgemood.text.vocabulary import (
    UNKNOWN,
    VOCABULARIES,
    FingerprintVocabulary,
    PlainVocabulary,
    Vocabulary,
)

Make = Callable[[list[str], int], Vocabulary]

MAKERS: dict[str, Make] = {
    "plain": lambda words, backoff: PlainVocabulary(words, backoff=backoff),
    "fingerprints": lambda words, backoff: FingerprintVocabulary.sort(words, backoff=backoff)[0],
}
each_encoding = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
words_strategy = st.lists(st.text(min_size=1).map(tokenize), max_size=20).map(
    lambda lists: sorted({token for tokens in lists for token in tokens if token.isprintable()})
)


def test_every_encoding_is_tested() -> None:
    assert set(MAKERS) == set(VOCABULARIES)


def test_an_unknown_encoding_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=", ".join(VOCABULARIES)):
        VOCABULARIES["nope"]


@each_encoding
@given(words=words_strategy, backoff=st.sampled_from([0, 2]))
def test_round_trip(make: Make, words: list[str], backoff: int) -> None:
    vocabulary = make(words, backoff)
    arrays = vocabulary.arrays()
    again = type(vocabulary).from_stored(arrays)
    assert (len(again), again.backoff) == (len(words) + 1, backoff)
    assert again.ids(words) == vocabulary.ids(words)
    assert again.arrays().keys() == arrays.keys()
    for name, array in again.arrays().items():
        np.testing.assert_array_equal(array, arrays[name])


@each_encoding
@given(words=words_strategy)
def test_every_word_has_a_row_of_its_own(make: Make, words: list[str]) -> None:
    assert sorted(make(words, 0).ids(words)) == list(range(1, len(words) + 1))


@each_encoding
def test_an_empty_vocabulary_has_the_unknown_row(make: Make) -> None:
    empty = type(make([], 0)).from_stored(make([], 0).arrays())
    assert len(empty) == 1
    assert empty.ids(["anything", "\ud800"]) == [UNKNOWN, UNKNOWN]
    assert empty.ids([]) == []


@each_encoding
def test_missing_and_unknown_arrays_are_refused(make: Make) -> None:
    vocabulary = make(["happy", "sad"], 2)
    kind, arrays = type(vocabulary), vocabulary.arrays()
    for name in arrays.keys() - {"backoff"}:
        with pytest.raises(LayoutError, match=name):
            kind.from_stored({n: a for n, a in arrays.items() if n != name})
        with pytest.raises(LayoutError, match=name):
            kind.from_stored({**arrays, name: arrays[name].astype("<f8")})
    with pytest.raises(LayoutError, match="surplus"):
        kind.from_stored({**arrays, "surplus": np.zeros(1, np.uint8)})
    with pytest.raises(LayoutError, match="200"):
        kind.from_stored({**arrays, "backoff": np.array([200], np.uint8)})


@each_encoding
def test_resident_bytes_grow_with_the_words(make: Make) -> None:
    few, many = make(["a"], 0), make([f"w{i}" for i in range(1000)], 0)
    assert many.resident_bytes - few.resident_bytes >= 2 * 999


@each_encoding
def test_more_words_than_allowed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["a", "b", "c", "d"]
    vocabulary = make(words, 0)
    monkeypatch.setattr("edgemood.text.vocabulary.base.MAX_WORDS", 3)
    with pytest.raises(LayoutError, match="4 words; a vocabulary has at most 3"):
        type(vocabulary).from_stored(vocabulary.arrays())
    assert len(make(words[:3], 0)) == 4

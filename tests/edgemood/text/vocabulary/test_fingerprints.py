"""The vocabulary of hashed words: look-ups, false positives, and the stored layout."""

import binascii

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.errors import LayoutError
from edgemood.text.tokenizers.version1 import tokenize
from edgemood.text.vocabulary import FingerprintVocabulary

words_strategy = st.lists(st.text(min_size=1).map(tokenize), max_size=20).map(
    lambda lists: sorted({token for tokens in lists for token in tokens if token.isprintable()})
)


@given(words=words_strategy)
def test_fingerprints_find_every_word_at_its_rank(words: list[str]) -> None:
    vocabulary, order = FingerprintVocabulary.sort(words)
    assert sorted(order) == list(range(len(words)))
    ranked = [words[i] for i in order]
    assert vocabulary.ids(ranked) == list(range(1, len(words) + 1))
    again = FingerprintVocabulary.from_stored(vocabulary.arrays())
    assert again.ids(words) == vocabulary.ids(words)
    assert len(again) == len(words) + 1


@pytest.mark.parametrize("count", [1, 16, 17, 2000, 4000, 8000])
def test_two_bytes_a_word_and_few_false_positives(count: int) -> None:
    known = [f"w{i}" for i in range(count)]
    vocabulary, _ = FingerprintVocabulary.sort(known)
    stored = sum(array.nbytes for array in vocabulary.arrays().values())
    assert stored <= 2.26 * count + 4 + 1
    unknown = [f"u{i}" for i in range(200_000)]
    mistaken = np.count_nonzero(vocabulary.ids(unknown)) / len(unknown)
    assert mistaken <= 0.0005
    assert all(vocabulary.ids(known))


def test_look_up_as_the_specification_describes_it() -> None:
    """The specification, followed token by token."""
    words = [f"word{i}" for i in range(300)]
    vocabulary, _ = FingerprintVocabulary.sort(words)
    stored = vocabulary.arrays()
    salt, counts = int(stored["salt"][0]), stored["counts"].tolist()
    bits = len(counts).bit_length() - 1

    def row(token: str) -> int:
        hashed = binascii.crc32(token.encode()) * salt % 2**32
        bucket, fingerprint = hashed >> (32 - bits), hashed >> (16 - bits) & 0xFFFF
        start = sum(counts[:bucket])
        own = stored["fingerprints"][start : start + counts[bucket]].tolist()
        return start + own.index(fingerprint) + 1 if fingerprint in own else 0

    tokens = words + [f"other{i}" for i in range(3000)]
    assert vocabulary.ids(tokens) == [row(token) for token in tokens]


def test_the_first_of_two_words_with_equal_crc_is_kept() -> None:
    words = ["plumless", "x", "buckeroo"]  # a well-known pair of equal CRC-32
    vocabulary, order = FingerprintVocabulary.sort(words)
    assert sorted(order) == [0, 1]
    assert vocabulary.ids(["buckeroo"]) == vocabulary.ids(["plumless"])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"salt": np.array([2], "<u4")}, "salt is odd"),
        ({"counts": np.array([1, 1, 1], np.uint8)}, "power of two"),
        ({"counts": np.array([1, 1], np.uint8)}, "2 words counted, 3 stored"),
        ({"fingerprints": np.array([5, 5, 1], "<u2")}, "one fingerprint, or are out of order"),
        ({"fingerprints": np.array([9, 5, 1], "<u2")}, "one fingerprint, or are out of order"),
        ({"fingerprints": np.array([1, 2, 3], "<i4")}, "must be uint16"),
    ],
)
def test_damaged_fingerprints_are_refused(changes: dict[str, np.ndarray], problem: str) -> None:
    stored = {
        "salt": np.array([3], "<u4"),
        "counts": np.array([2, 1], np.uint8),
        "fingerprints": np.array([1, 5, 1], "<u2"),
    }
    FingerprintVocabulary.from_stored(stored)
    with pytest.raises(LayoutError, match=problem):
        FingerprintVocabulary.from_stored({**stored, **changes})


def test_false_positives_are_rare_even_with_backing_off() -> None:
    words = [f"word{i}q" for i in range(3400)]
    vocabulary, _ = FingerprintVocabulary.sort(words, backoff=2)
    strangers = [f"x{i}yzz" for i in range(200_000)]  # one doubled pair, two letters to lose
    mistaken = np.count_nonzero(vocabulary.ids(strangers)) / len(strangers)
    assert mistaken <= 0.0005

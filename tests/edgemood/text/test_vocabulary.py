import binascii
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.errors import LayoutError
from edgemood.text.tokenizer import tokenize
from edgemood.text.vocabulary import UNKNOWN, VOCABULARIES, FingerprintVocabulary, PlainVocabulary

words = st.lists(st.text(min_size=1).map(tokenize), max_size=20).map(
    lambda lists: sorted({token for tokens in lists for token in tokens if token.isprintable()})
)


@given(words)
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


def test_every_vocabulary_keeps_the_unknown_row() -> None:
    empties = {"plain": PlainVocabulary([]), "fingerprints": FingerprintVocabulary.sort([])[0]}
    assert set(empties) == set(VOCABULARIES)
    for name, kind in VOCABULARIES.items():
        empty = kind.from_stored(empties[name].arrays())
        assert len(empty) == 1
        assert empty.ids(["anything"]) == [UNKNOWN]
        assert empty.ids([]) == []


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


@given(words)
def test_fingerprints_find_every_word_at_its_rank(words: list[str]) -> None:
    vocabulary, order = FingerprintVocabulary.sort(words)
    assert sorted(order) == list(range(len(words)))
    ranked = [words[i] for i in order]
    assert vocabulary.ids(ranked) == list(range(1, len(words) + 1))
    again = FingerprintVocabulary.from_stored(vocabulary.arrays())
    assert again.ids(words) == vocabulary.ids(words)
    assert len(again) == len(words) + 1


@pytest.mark.parametrize("count", [1, 16, 17, 2000, 4000, 8000])
def test_two_bytes_a_word_and_few_mistaken(count: int) -> None:
    known = [f"w{i}" for i in range(count)]
    vocabulary, _ = FingerprintVocabulary.sort(known)
    stored = sum(array.nbytes for array in vocabulary.arrays().values())
    assert stored <= 2.26 * count + 4 + 1
    unknown = [f"u{i}" for i in range(200_000)]
    mistaken = np.count_nonzero(vocabulary.ids(unknown)) / len(unknown)
    assert mistaken <= 0.0005
    assert all(vocabulary.ids(known))


def test_fingerprints_as_another_program_would_look_them_up() -> None:
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


def test_of_two_words_that_no_salt_can_tell_apart_the_first_is_kept() -> None:
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


BOTH = (
    lambda words, backoff: PlainVocabulary(words, backoff=backoff),
    lambda words, backoff: FingerprintVocabulary.sort(words, backoff=backoff)[0],
)


@pytest.mark.parametrize("make", BOTH, ids=["plain", "fingerprints"])
@pytest.mark.parametrize(
    ("token", "stands_for"),
    [
        ("happy", "happy"),
        ("haappy", "happy"),  # one of a doubled pair
        ("haappyy", None),  # two letters too many
        ("happyy", "happy"),
        ("stupids", "stupid"),
        ("stupidly", "stupid"),
        ("stupidity", None),  # four letters are too many
        ("bee", None),  # too short to lose one
        ("beer", None),
        ("goodie", "good"),
        ("goodd", "good"),
        ("godod", None),
        ("zzz", None),
    ],
)
def test_backing_off(make: Any, token: str, stands_for: str | None) -> None:
    words = ["happy", "stupid", "good", "be", "bee r"]
    vocabulary = make(words, 2)
    expected = vocabulary.ids([stands_for])[0] if stands_for else UNKNOWN
    assert vocabulary.ids(["x", token, "happy"])[1] == expected
    if token not in words:
        assert make(words, 0).ids([token]) == [UNKNOWN]


@pytest.mark.parametrize("make", BOTH, ids=["plain", "fingerprints"])
def test_very_long_tokens_are_left_alone(make: Any) -> None:
    longest = "ab" * 32
    vocabulary = make([longest[:-1]], 2)
    assert vocabulary.ids([longest]) == [1]
    assert vocabulary.ids([longest + "a"]) == [UNKNOWN]
    assert vocabulary.ids(["aa" * 5000]) == [UNKNOWN]


@pytest.mark.parametrize("make", BOTH, ids=["plain", "fingerprints"])
def test_backing_off_is_stored(make: Any) -> None:
    vocabulary = make(["happy"], 2)
    again = type(vocabulary).from_stored(vocabulary.arrays())
    assert (again.backoff, again.ids(["happyly"])) == (2, [1])
    assert "backoff" not in make(["happy"], 0).arrays()
    damaged = {**vocabulary.arrays(), "backoff": np.array([200], np.uint8)}
    with pytest.raises(LayoutError, match="backing off takes 0 to 8"):
        type(vocabulary).from_stored(damaged)


@given(words, st.lists(st.text()), st.integers(1, 8))
def test_backing_off_only_ever_helps_the_unknown(
    words: list[str], texts: list[str], backoff: int
) -> None:
    tokens = [token for text in texts for token in tokenize(text)] + words
    for make in BOTH:
        strict, lenient = make(words, 0).ids(tokens), make(words, backoff).ids(tokens)
        assert all(b == a for a, b in zip(strict, lenient, strict=True) if a != UNKNOWN)


def test_unknown_words_are_seldom_mistaken_even_when_they_back_off() -> None:
    words = [f"word{i}q" for i in range(3400)]
    vocabulary, _ = FingerprintVocabulary.sort(words, backoff=2)
    strangers = [f"x{i}yzz" for i in range(200_000)]  # one doubled pair, two letters to lose
    mistaken = np.count_nonzero(vocabulary.ids(strangers)) / len(strangers)
    assert mistaken <= 0.0005

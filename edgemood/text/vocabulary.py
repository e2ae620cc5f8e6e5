"""Tokens to rows of the token table.

Row 0 belongs to every unknown token; the word at position i of a vocabulary has row i + 1.

A vocabulary may *back off*: a token that it does not know then has the row of the first known one
among these: the token with one letter of a doubled pair left out, pair by pair from the left; then
its beginnings, the longest first, that lack at most `backoff` code points and keep at least
`SHORTEST_BEGINNING`. So `haappy` stands for `happy` and `stupidly` for `stupid`, at the cost of one
byte in all. Tokens of more than `LONGEST_SIMPLIFIED` code points stay unknown.
"""

import hashlib
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import ClassVar, Protocol, Self, final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Arrays, check_array, expect_arrays
from edgemood.errors import LayoutError
from edgemood.registry import Registry

UNKNOWN = 0
SHORTEST_BEGINNING = 4
"""Code points that a beginning must keep: shorter ones are words of their own."""
LONGEST_SIMPLIFIED = 64
"""A token of more code points is no word; to look for what it stands for would cost its square."""
MAX_BACKOFF = 8
_SEPARATOR = "\n"  # white space, hence never part of a token

FINGERPRINT_BITS = 16
BUCKET_WORDS = 8
"""Words of a bucket, at most, on average."""
_HASH_BITS = 32
_FIRST_SALT = 0x9E3779B1  # odd, with bits all over; odd multiples of it are odd
_MOST_SALTS = 10_000


class Vocabulary(Protocol):
    """A mapping from tokens to rows, in some encoding."""

    encoding: ClassVar[str]

    @property
    def backoff(self) -> int:
        """Code points that an unknown token may lose at its end; 0 where it stays unknown."""

    def __len__(self) -> int:
        """Rows, the unknown row included."""

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory now, look-up structures included."""

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """The row of each token, `UNKNOWN` for those that are not known."""

    def arrays(self) -> Arrays:
        """The arrays as they are stored, by short name."""

    @classmethod
    def from_stored(cls, arrays: Arrays) -> Self:
        """Wrap stored arrays.

        Raises:
            LayoutError: they do not make up a vocabulary.
        """


@final
class PlainVocabulary:
    """The words themselves, in UTF-8, one a line: readable, at about seven bytes a word."""

    encoding: ClassVar[str] = "plain"

    def __init__(self, words: Sequence[str], *, backoff: int = 0) -> None:
        """Number the words in the order given.

        Raises:
            LayoutError: a word is empty, holds a line break, or comes twice.
        """
        self.words, self.backoff = tuple(words), _checked(backoff)
        self._rows = {word: row for row, word in enumerate(self.words, start=UNKNOWN + 1)}
        if len(self._rows) != len(self.words):
            raise LayoutError("a word comes twice")
        if any(not word or _SEPARATOR in word or not _is_unicode(word) for word in self.words):
            raise LayoutError("a word is empty, holds a line break, or is not Unicode text")

    def __len__(self) -> int:
        return len(self.words) + 1

    @cached_property
    def resident_bytes(self) -> int:
        words = sum(sys.getsizeof(word) + sys.getsizeof(row) for word, row in self._rows.items())
        return words + sys.getsizeof(self._rows) + sys.getsizeof(self.words)

    def ids(self, tokens: Sequence[str]) -> list[int]:
        return _backed_off(tokens, self._known, self.backoff)

    def _known(self, tokens: Sequence[str]) -> list[int]:
        row_of = self._rows.get
        return [row_of(token, UNKNOWN) for token in tokens]

    def arrays(self) -> Arrays:
        text = "".join(word + _SEPARATOR for word in self.words)
        words = np.frombuffer(text.encode(), dtype=np.uint8)
        return {"words": words, **_stored_backoff(self.backoff)}

    @classmethod
    def from_stored(cls, arrays: Arrays) -> "PlainVocabulary":
        backoff, arrays = _read_backoff(arrays)
        (stored,) = expect_arrays(arrays, ("words",))
        words: NDArray[np.uint8] = check_array(
            stored, name="words", dtype="|u1", shape=(stored.size,)
        )
        try:
            text = words.tobytes().decode()
        except UnicodeDecodeError as error:
            raise LayoutError(f"the words are not UTF-8: {error}") from error
        if text and not text.endswith(_SEPARATOR):
            raise LayoutError("the last word has no end")
        key = hashlib.blake2b(words.tobytes(), salt=bytes((backoff,))).digest()
        found = _LOADED.get(key)
        if found is None:
            found = _LOADED[key] = cls(text.split(_SEPARATOR)[:-1], backoff=backoff)
        return found


_LOADED: WeakValueDictionary[bytes, PlainVocabulary] = WeakValueDictionary()
"""By their content: variants of one classifier have the same words, which are held once."""


class FingerprintVocabulary:
    """Two bytes a word: not its letters, but 16 bits of a hash; a word's rank is its row.

    The hash of a token is `crc32(UTF-8 bytes) * salt mod 2**32`; `salt` is odd. Its top k bits
    choose one of 2**k buckets, the next 16 are the fingerprint. Stored are the number of words in
    each bucket and all fingerprints, ascending within their buckets. k is the smallest that leaves
    at most `BUCKET_WORDS` words in a bucket on average, so an unknown token meets the fingerprint
    of some word with a probability of at most `BUCKET_WORDS / 2**16`, 0.012 %; one that backs off
    has that many chances more as there are others that may stand for it, four in all where it may
    lose two letters and has one doubled pair.

    The words themselves cannot be had back. `sort` gives the order in which rows must stand.
    """

    encoding: ClassVar[str] = "fingerprints"

    def __init__(
        self,
        salt: int,
        counts: NDArray[np.uint8],
        fingerprints: NDArray[np.uint16],
        *,
        backoff: int = 0,
    ) -> None:
        """Wrap stored arrays.

        Raises:
            LayoutError: they do not fit together.
        """
        if salt % 2 == 0 or not 0 < salt < 2**_HASH_BITS:
            raise LayoutError(f"a salt is odd and has 32 bits, not {salt}")
        buckets = len(counts)
        if buckets & (buckets - 1) or not 0 < buckets <= 2 ** (_HASH_BITS - FINGERPRINT_BITS):
            raise LayoutError(f"{buckets} buckets are not a power of two, or too many")
        if int(counts.sum()) != len(fingerprints):
            raise LayoutError(f"{int(counts.sum())} words counted, {len(fingerprints)} stored")
        self.backoff = _checked(backoff)
        self._salt, self._counts, self._fingerprints = salt, counts, fingerprints
        bucket = np.repeat(np.arange(buckets, dtype=np.uint32), counts)
        self._keys = (bucket << np.uint32(FINGERPRINT_BITS)) | fingerprints
        self._shift = _HASH_BITS - FINGERPRINT_BITS - (buckets.bit_length() - 1)
        if (self._keys[1:] <= self._keys[:-1]).any():
            raise LayoutError("two words of a bucket have one fingerprint, or are out of order")

    @classmethod
    def sort(cls, words: Sequence[str], *, backoff: int = 0) -> tuple[Self, list[int]]:
        """Build the vocabulary of some words.

        No salt can tell words of equal CRC apart; of such a pair the first is kept.

        Returns:
            The vocabulary; and for each row but the unknown one, which of the words it belongs to.

        Raises:
            LayoutError: no salt keeps all words apart.
        """
        crcs = np.array([_crc(word) for word in words], dtype=np.uint32)
        kept = np.sort(np.unique(crcs, return_index=True)[1])
        crcs = crcs[kept]
        bits = max(0, (len(crcs) - 1) // BUCKET_WORDS).bit_length()
        for i in range(_MOST_SALTS):
            salt = _FIRST_SALT * (2 * i + 1) % 2**_HASH_BITS
            keys = (crcs * np.uint32(salt)) >> np.uint32(_HASH_BITS - FINGERPRINT_BITS - bits)
            order = np.argsort(keys, kind="stable")
            counts = np.bincount(keys >> np.uint32(FINGERPRINT_BITS), minlength=2**bits)
            if len(np.unique(keys)) == len(crcs) and counts.max() < 2**8:
                fingerprints = (keys[order] & np.uint32(2**FINGERPRINT_BITS - 1)).astype("<u2")
                found = cls(salt, counts.astype(np.uint8), fingerprints, backoff=backoff)
                return found, kept[order].tolist()
        raise LayoutError(f"no salt keeps {len(crcs):,} words apart; take fewer")

    def __len__(self) -> int:
        return len(self._fingerprints) + 1

    @property
    def resident_bytes(self) -> int:
        return self._counts.nbytes + self._fingerprints.nbytes + self._keys.nbytes

    def ids(self, tokens: Sequence[str]) -> list[int]:
        return _backed_off(tokens, self._known, self.backoff)

    def _known(self, tokens: Sequence[str]) -> list[int]:
        if not len(self._keys) or not tokens:
            return [UNKNOWN] * len(tokens)
        crc32 = zlib.crc32  # spelled out, not `_crc`: a call for each word is felt
        crcs = np.array([crc32(t.encode("utf-8", "surrogatepass")) for t in tokens], np.uint32)
        wanted = (crcs * np.uint32(self._salt)) >> np.uint32(self._shift)
        places = self._keys.searchsorted(wanted)
        known = self._keys.take(places, mode="clip") == wanted
        rows: list[int] = np.where(known, places + (UNKNOWN + 1), UNKNOWN).tolist()
        return rows

    def arrays(self) -> Arrays:
        salt = np.array([self._salt], dtype="<u4")
        return {
            "salt": salt,
            "counts": self._counts,
            "fingerprints": self._fingerprints,
            **_stored_backoff(self.backoff),
        }

    @classmethod
    def from_stored(cls, arrays: Arrays) -> Self:
        backoff, arrays = _read_backoff(arrays)
        salt, counts, fingerprints = expect_arrays(arrays, ("salt", "counts", "fingerprints"))
        check_array(salt, name="salt", dtype="<u4", shape=(1,))
        check_array(counts, name="counts", dtype="|u1", shape=(counts.size,))
        check_array(fingerprints, name="fingerprints", dtype="<u2", shape=(fingerprints.size,))
        return cls(int(salt[0]), counts, fingerprints, backoff=backoff)


def _backed_off(
    tokens: Sequence[str], known: Callable[[Sequence[str]], list[int]], backoff: int
) -> list[int]:
    """The row of each token, or of the first known one that may stand for it; in two look-ups."""
    rows = known(tokens)
    if not backoff or UNKNOWN not in rows:
        return rows
    others = [
        (i, other)
        for i, row in enumerate(rows)
        if row == UNKNOWN
        for other in _simpler(tokens[i], backoff)
    ]
    found = known([other for _, other in others])
    for (i, _), row in zip(others, found, strict=True):  # a token's first choice comes first
        if rows[i] == UNKNOWN:
            rows[i] = row
    return rows


def _simpler(token: str, backoff: int) -> Iterator[str]:
    """What may stand for an unknown token, the best first."""
    if not SHORTEST_BEGINNING < len(token) <= LONGEST_SIMPLIFIED:
        return
    for i in range(1, len(token)):
        if token[i] == token[i - 1]:
            yield token[:i] + token[i + 1 :]
    for end in range(len(token) - 1, max(len(token) - backoff, SHORTEST_BEGINNING) - 1, -1):
        yield token[:end]


def _checked(backoff: int) -> int:
    if not 0 <= backoff <= MAX_BACKOFF:
        raise LayoutError(f"backing off takes 0 to {MAX_BACKOFF} code points, not {backoff}")
    return backoff


def _stored_backoff(backoff: int) -> Arrays:
    """Nothing where a vocabulary does not back off: older files know no such array."""
    return {"backoff": np.array([backoff], dtype=np.uint8)} if backoff else {}


def _read_backoff(arrays: Arrays) -> tuple[int, Arrays]:
    """The stored number, and the other arrays."""
    others = dict(arrays)
    stored = others.pop("backoff", np.zeros(1, dtype=np.uint8))
    return int(check_array(stored, name="backoff", dtype="|u1", shape=(1,))[0]), others


def _crc(token: str) -> int:
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


def _is_unicode(word: str) -> bool:
    """Whether a word can be written; a lone surrogate cannot."""
    return not any("\ud800" <= c <= "\udfff" for c in word)


VOCABULARIES: Registry[type[Vocabulary]] = Registry(
    "vocabulary encoding",
    ((entry.encoding, entry) for entry in (PlainVocabulary, FingerprintVocabulary)),
)

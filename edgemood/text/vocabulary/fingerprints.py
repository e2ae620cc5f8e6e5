"""A vocabulary of two bytes a word: it stores 16 bits of a hash instead of the letters.

The hash of a token is `crc32(UTF-8 bytes) * salt mod 2**32`, where `salt` is odd. Its top k bits
choose one of 2**k buckets, and its next 16 bits are the fingerprint. A file stores the number of
words in each bucket, and all fingerprints: bucket by bucket, ascending within a bucket. The rank of
a word's fingerprint gives its row.

k is the smallest number that leaves at most `BUCKET_WORDS` words in a bucket on average. An unknown
token matches the fingerprint of some word with a probability of at most `BUCKET_WORDS / 2**16`,
0.012 %. A token that backs off is looked up once more for each candidate.

The words cannot be recovered from a file.
"""

import zlib
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from edgemood.arrays import Arrays, check_array, expect_arrays
from edgemood.errors import LayoutError
from edgemood.text.vocabulary.backoff import (
    backoff_arrays,
    check_backoff,
    split_backoff,
)
from edgemood.text.vocabulary.base import UNKNOWN, check_word_count

FINGERPRINT_BITS = 16
BUCKET_WORDS = 8
"""Highest average number of words in a bucket."""
_HASH_BITS = 32
_FIRST_SALT = 0x9E3779B1  # a prime near 2**32 over the golden ratio; its odd multiples are odd
_MAX_SALTS = 10_000


class FingerprintVocabulary:
    """Fingerprints in buckets. Build it with `sort`.

    Args:
        salt: odd, below 2**32.
        counts: number of words in each bucket. *Shape:* `(2**k,)`.
        fingerprints: ascending within each bucket. *Shape:* `(words,)`.
        backoff: see `backoff.py`.

    Raises:
        LayoutError: the arguments do not fit together.
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
        if salt % 2 == 0 or not 0 < salt < 2**_HASH_BITS:
            raise LayoutError(f"a salt is odd and has 32 bits, not {salt}")
        buckets = len(counts)
        if buckets & (buckets - 1) or not 0 < buckets <= 2 ** (_HASH_BITS - FINGERPRINT_BITS):
            raise LayoutError(f"{buckets} buckets are not a power of two, or too many")
        check_word_count(len(fingerprints))
        if int(counts.sum()) != len(fingerprints):
            raise LayoutError(f"{int(counts.sum())} words counted, {len(fingerprints)} stored")
        self.backoff = check_backoff(backoff)
        self._salt, self._counts, self._fingerprints = salt, counts, fingerprints
        bucket = np.repeat(np.arange(buckets, dtype=np.uint32), counts)
        self._keys = (bucket << np.uint32(FINGERPRINT_BITS)) | fingerprints
        self._shift = _HASH_BITS - FINGERPRINT_BITS - (buckets.bit_length() - 1)
        if (self._keys[1:] <= self._keys[:-1]).any():
            raise LayoutError("two words of a bucket have one fingerprint, or are out of order")

    @classmethod
    def sort(cls, words: Sequence[str], *, backoff: int = 0) -> tuple[Self, list[int]]:
        """Build the vocabulary of some words.

        Two words of equal CRC have equal hashes with every salt; the first of them is kept.

        Args:
            words: without duplicates.
            backoff: see `backoff.py`.

        Returns:
            The vocabulary; and for each of its rows from 1 on, the index of the row's word in
            `words`. The rows of a token table must be put in this order.

        Raises:
            LayoutError: every salt that was tried gives two words the same key.
        """
        crcs = np.array([_crc(word) for word in words], dtype=np.uint32)
        kept = np.sort(np.unique(crcs, return_index=True)[1])
        crcs = crcs[kept]
        bits = max(0, (len(crcs) - 1) // BUCKET_WORDS).bit_length()
        for i in range(_MAX_SALTS):
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
        """Bytes of the stored arrays and of the search keys made from them."""
        return self._counts.nbytes + self._fingerprints.nbytes + self._keys.nbytes

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Return the row of each token; an unknown one may, rarely, get the row of a word."""
        if not len(self._keys) or not tokens:
            return [UNKNOWN] * len(tokens)
        crc32 = zlib.crc32  # not `_crc`: a function call for each token takes measurable time
        crcs = np.array([crc32(t.encode("utf-8", "surrogatepass")) for t in tokens], np.uint32)
        wanted = (crcs * np.uint32(self._salt)) >> np.uint32(self._shift)
        ranks = self._keys.searchsorted(wanted)
        known = self._keys.take(ranks, mode="clip") == wanted
        rows: list[int] = np.where(known, ranks + (UNKNOWN + 1), UNKNOWN).tolist()
        return rows

    def arrays(self) -> Arrays:
        """Return `salt`, `counts`, `fingerprints` and `backoff`."""
        return {
            "salt": np.array([self._salt], dtype="<u4"),
            "counts": self._counts,
            "fingerprints": self._fingerprints,
            **backoff_arrays(self.backoff),
        }

    @classmethod
    def from_stored(cls, arrays: Arrays) -> Self:
        """Wrap stored arrays without copying them."""
        backoff, arrays = split_backoff(arrays)
        salt, counts, fingerprints = expect_arrays(arrays, ("salt", "counts", "fingerprints"))
        check_array(salt, name="salt", dtype="<u4", shape=(1,))
        check_array(counts, name="counts", dtype="|u1", shape=(counts.size,))
        check_array(fingerprints, name="fingerprints", dtype="<u2", shape=(fingerprints.size,))
        return cls(int(salt[0]), counts, fingerprints, backoff=backoff)


def _crc(token: str) -> int:
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))

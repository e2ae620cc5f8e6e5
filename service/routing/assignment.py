"""Assigns a key to a variant. Pure functions, without files and without a policy's other fields.

A key belongs to the bucket `blake2b(salt + key) mod 10,000`. The weights of a split, in order,
divide the buckets into half-open ranges, one for each variant. A key therefore gets the same
variant on every worker, replica and restart, and moving weight between two neighbouring variants
moves only the keys in between.
"""

import hashlib
import math
from collections.abc import Mapping
from itertools import accumulate

BUCKETS = 10_000
_DIGEST_BYTES = 8
_SHADOW_SALT = "shadow "


def bucket(salt: str, key: str) -> int:
    """The bucket of a key, from 0 to `BUCKETS - 1`; keys are spread evenly."""
    digest = hashlib.blake2b((salt + key).encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big") % BUCKETS


def range_ends(split: Mapping[str, float]) -> dict[str, int]:
    """The end of each variant's range of buckets; a range begins at the end of the one before.

    Args:
        split: variant -> weight; the weights are not negative and at least one is above 0.

    Returns:
        Variant -> end (exclusive), in the order of the split. A weight of 0 gives an empty range.
    """
    total = math.fsum(split.values())
    sums = accumulate(split.values())
    ends = {name: round(BUCKETS * part / total) for name, part in zip(split, sums, strict=True)}
    # Rounding must not leave the highest buckets unassigned or give them to a weight of 0.
    last = [name for name, weight in split.items() if weight > 0][-1]
    names = list(split)
    return ends | dict.fromkeys(names[names.index(last) :], BUCKETS)


def variant_for(key: str, *, salt: str, ends: Mapping[str, int]) -> str:
    """The variant whose range holds the key's bucket.

    Args:
        key: the routing key.
        salt: the policy's salt.
        ends: `range_ends` of the policy's split.
    """
    position = bucket(salt, key)
    return next(name for name, end in ends.items() if position < end)


def is_shadowed(key: str, *, salt: str, fraction: float) -> bool:
    """Whether a key belongs to the shadowed fraction of all keys.

    The salt differs from the one of `variant_for`; with the same salt, only the first variants of a
    split would ever be shadowed.
    """
    return bucket(_SHADOW_SALT + salt, key) < round(BUCKETS * fraction)

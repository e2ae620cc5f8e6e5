"""Which variant answers which key: pure functions of policy and key.

`blake2b(salt + key)` gives a bucket of 10,000; the split's shares, in their order, own half-open
ranges of buckets. The same key so meets the same variant on every worker, replica and restart, and
moving a share between two neighbours moves only the keys in between.
"""

import hashlib
import math
from collections.abc import Collection, Mapping
from functools import cached_property
from itertools import accumulate
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

BUCKETS = 10_000
_DIGEST_BYTES = 8
MAX_VERSION = 2**53
"""Beyond this, readers that hold JSON numbers as doubles would lose count."""

ETAG_PATTERN = r'^((W/)?"?[0-9]{1,16}"?|\*)$'
"""What `If-Match` may be."""
_SHADOW_SALT = "shadow "
_SERVING, _REFERENCE = "apot-kd", "fp32"

Share = Annotated[float, Field(strict=True, ge=0, le=1e9, allow_inf_nan=False)]


class ShadowSettings(BaseModel):
    """Which part of the traffic a second variant sees, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variant: str
    fraction: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


class PolicyChange(BaseModel):
    """What an administrator may say about routing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: Annotated[str, Field(max_length=128)] = "emotion"
    """Another salt deals all keys anew."""
    split: Annotated[dict[str, Share], Field(min_length=1)]
    """Variant -> weight. Weights need not add up to 100."""
    reference: str
    """Answers where the chosen variant cannot."""
    shadow: ShadowSettings | None = None
    """Where given, runs after answers have gone out; see `service.inference.shadow`."""

    @field_validator("split")
    @classmethod
    def _someone_answers(cls, split: dict[str, float]) -> dict[str, float]:
        if not any(split.values()):
            raise ValueError("at least one weight must be above 0")
        return split

    def unknown(self, known: frozenset[str]) -> tuple[str, str] | None:
        """The first field that names a variant which is not known, and that name."""
        for name in self.split:
            if name not in known:
                return f"split.{name}", name
        if self.reference not in known:
            return "reference", self.reference
        if self.shadow is not None and self.shadow.variant not in known:
            return "shadow.variant", self.shadow.variant
        return None


class RoutingUpdate(PolicyChange):
    """Body of `PUT /routing`: a policy, and perhaps the version it is meant to replace."""

    version: int | None = None


class Policy(PolicyChange):
    """A routing policy as it is stored and served."""

    version: Annotated[int, Field(strict=True, ge=0, lt=MAX_VERSION)]

    @cached_property
    def ends(self) -> dict[str, int]:
        """`range_ends` of the split; requests come by the thousand, policies by the day."""
        return range_ends(self.split)

    def assign(self, key: str) -> str:
        """The variant that answers this key."""
        position = bucket(self.salt, key)
        return next(name for name, end in self.ends.items() if position < end)

    def shadow_for(self, key: str) -> str | None:
        """The variant that is to see this key's request afterwards, if any is."""
        if self.shadow is None:
            return None
        # Another salt: else the shadow would see the first variants of the split only.
        sampled = bucket(_SHADOW_SALT + self.salt, key) < round(BUCKETS * self.shadow.fraction)
        return self.shadow.variant if sampled else None

    def as_json(self, *, indent: int | None = None) -> bytes:
        """As it is stored and served: without what is not set."""
        return self.model_dump_json(indent=indent, exclude_none=True).encode()

    @property
    def ratios(self) -> dict[str, float]:
        """Variant -> share of all keys, adding up to 1."""
        total = math.fsum(self.split.values())
        return {name: weight / total for name, weight in self.split.items()}


def default_policy(names: Collection[str]) -> Policy:
    """What holds until an administrator says otherwise: the small student, fp32 behind it.

    Where a folder holds neither, the first variant by name stands in.

    Args:
        names: of the variants; at least one.
    """
    reference = _REFERENCE if _REFERENCE in names else min(names)
    serving = _SERVING if _SERVING in names else reference
    return Policy(version=0, split={serving: 100}, reference=reference)


def bucket(salt: str, key: str) -> int:
    """A number from 0 to `BUCKETS - 1`, evenly spread over keys."""
    digest = hashlib.blake2b((salt + key).encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big") % BUCKETS


def range_ends(split: Mapping[str, float]) -> dict[str, int]:
    """Variant -> end of its range of buckets; a range begins where the one before it ends.

    A variant with weight 0 has an empty range.
    """
    total = math.fsum(split.values())
    sums = accumulate(split.values())
    ends = {name: round(BUCKETS * part / total) for name, part in zip(split, sums, strict=True)}
    # Rounding of the sum must not leave the highest bucket to nobody, or give it to a zero share.
    last = [name for name, weight in split.items() if weight > 0][-1]
    names = list(split)
    return ends | dict.fromkeys(names[names.index(last) :], BUCKETS)

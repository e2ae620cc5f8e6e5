"""The routing policy: how requests are split between variants.

The docstrings of the models are descriptions in the OpenAPI document.
"""

import math
from collections.abc import Collection
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from service.routing.assignment import is_shadowed, range_ends, variant_for
from service.schemas import MAX_NAME_CHARACTERS

MAX_VERSION = 2**53
"""Readers that parse JSON numbers as doubles cannot tell larger integers apart."""
MAX_SPLIT = 256
"""Variants of one split; each request searches them."""

ETAG_PATTERN = r'^((W/)?"?[0-9]{1,16}"?|\*)$'
"""Values that `If-Match` may have."""
_DEFAULT_VARIANT, _DEFAULT_REFERENCE = "apot-kd", "fp32"

Name = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]
Weight = Annotated[float, Field(strict=True, ge=0, le=1e9, allow_inf_nan=False)]


class ShadowSettings(BaseModel):
    """Which part of the traffic a second variant sees, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variant: Name
    fraction: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


class PolicyChange(BaseModel):
    """A policy without its version: the fields that an administrator sets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: Annotated[str, Field(max_length=128)] = "emotion"
    """Changing the salt reshuffles every key."""
    split: Annotated[dict[Name, Weight], Field(min_length=1, max_length=MAX_SPLIT)]
    """Variant -> weight. Weights need not add up to 100."""
    reference: Name
    """The variant that answers if the chosen one is unloaded or fails."""
    shadow: ShadowSettings | None = None
    """No request is shadowed if this is None; see `service.inference.shadow`."""

    @field_validator("split")
    @classmethod
    def _has_a_positive_weight(cls, split: dict[str, float]) -> dict[str, float]:
        if not any(split.values()):
            raise ValueError("at least one weight must be above 0")
        return split

    def first_unknown(self, known: frozenset[str]) -> tuple[str, str] | None:
        """The first field that names an unknown variant, and that name; None if all are known."""
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
    def _range_ends(self) -> dict[str, int]:
        return range_ends(self.split)

    def assign(self, key: str) -> str:
        """The variant that answers this key."""
        return variant_for(key, salt=self.salt, ends=self._range_ends)

    def shadow_for(self, key: str) -> str | None:
        """The variant that also classifies this key's request; None if it is not sampled."""
        if self.shadow is None:
            return None
        sampled = is_shadowed(key, salt=self.salt, fraction=self.shadow.fraction)
        return self.shadow.variant if sampled else None

    def as_json(self, *, indent: int | None = None) -> bytes:
        """The stored and served form; fields that are None are left out."""
        return self.model_dump_json(indent=indent, exclude_none=True).encode()

    @property
    def answering(self) -> frozenset[str]:
        """The variants that a request can reach: those of positive weight, and the reference."""
        return frozenset(name for name, weight in self.split.items() if weight) | {self.reference}

    @property
    def named(self) -> frozenset[str]:
        """All names in the policy."""
        shadow = {self.shadow.variant} if self.shadow else set()
        return frozenset({*self.split, self.reference, *shadow})

    @property
    def ratios(self) -> dict[str, float]:
        """Variant -> share of all keys; the shares add up to 1."""
        total = math.fsum(self.split.values())
        return {name: weight / total for name, weight in self.split.items()}


def default_policy(names: Collection[str]) -> Policy:
    """The policy of a server whose state folder has none: everything to the distilled variant.

    A missing `apot-kd` is replaced by the reference, and a missing `fp32` by the first name.

    Args:
        names: of the variants. Without any, no request can be answered until a file is found.
    """
    reference = (
        _DEFAULT_REFERENCE
        if _DEFAULT_REFERENCE in names
        else min(names, default=_DEFAULT_REFERENCE)
    )
    serving = _DEFAULT_VARIANT if _DEFAULT_VARIANT in names else reference
    return Policy(version=0, split={serving: 100}, reference=reference)

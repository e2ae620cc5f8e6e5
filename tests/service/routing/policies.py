"""Policies, and stores of them with what they announce."""

from collections.abc import Container
from pathlib import Path

from service.routing.policy import Policy, PolicyChange
from service.routing.policy_copy import PolicyCopy
from service.routing.policy_store import PolicyStore, Rejection

KNOWN = frozenset({"a", "b"})
DEFAULT = Policy(version=0, split={"a": 1}, reference="a")
TYPO = Policy(version=9, split={"aa": 90, "bb": 10}, reference="aa")
"""A valid policy whose names do not exist."""


class Seen:
    def __init__(self) -> None:
        self.changes: list[int] = []
        self.rejected: list[Rejection] = []


def open_policy(
    folder: Path,
    seen: Seen | None = None,
    loaded: Container[str] = "abcd",
    copy: Path | None = None,
) -> PolicyStore:
    seen = seen or Seen()
    return PolicyStore(
        folder,
        default=lambda: DEFAULT,
        known=lambda: KNOWN,
        can_answer=lambda policy: any(name in loaded for name in policy.answering),
        copy=PolicyCopy(copy),
        on_change=lambda policy: seen.changes.append(policy.version),
        on_reject=seen.rejected.append,
    )


def change(a: float = 1, b: float = 1) -> PolicyChange:
    return PolicyChange(split={"a": a, "b": b}, reference="a")

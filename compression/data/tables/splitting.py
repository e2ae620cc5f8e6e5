"""Divides texts into splits: at random by a seed, stratified by label, duplicates on one side.

The rule is iterative stratification (Sechidis, Tsoumakas and Vlahavas, ECML PKDD 2011, algorithm
1), with groups of equal texts in the place of single ones: the label with the fewest groups left
is divided first, and each of its groups goes to the split that still lacks most texts of it.
"No label" counts as a label. Which split a text is in does not depend on the order of the texts.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edgemood.text.tokenizers import CURRENT_VERSION, TOKENIZERS


def text_key(text: str) -> str:
    """The same for texts that are one text to every variant: its tokens, separated by blanks."""
    return " ".join(TOKENIZERS[CURRENT_VERSION].tokenize(text))


def stratified_split(
    keys: Sequence[str],
    targets: NDArray[np.bool_],
    shares: Mapping[str, float],
    *,
    seed: int,
) -> NDArray[np.int64]:
    """Which split each text is in, as a position in `shares`.

    Args:
        keys: equal for texts that must be in one split.
        targets: whether a text has a label. *Shape:* `(texts, labels)`.
        shares: of each split by name; their sum is 1.
        seed: another one divides the texts in another way.

    Returns:
        *Shape:* `(texts,)`.
    """
    members = _grouped(keys)
    order = sorted(members, key=lambda key: _drawn(key, seed))
    groups = [np.array(members[key]) for key in order]
    found = np.zeros(len(keys), dtype=np.int64)
    for group, split in zip(groups, _assigned(groups, targets, shares), strict=True):
        found[group] = split
    return found


def _grouped(keys: Sequence[str]) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        members.setdefault(key, []).append(position)
    return members


def _drawn(key: str, seed: int) -> bytes:
    """A number that takes the place of a random one, and depends on nothing but text and seed."""
    salted = f"{seed} {key}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(salted, digest_size=16).digest()


def _assigned(
    groups: Sequence[NDArray[np.int64]], targets: NDArray[np.bool_], shares: Mapping[str, float]
) -> list[int]:
    weights = _label_counts(groups, targets)
    fractions = np.array(list(shares.values()))
    wanted = np.outer(fractions, weights.sum(axis=0))  # (splits, labels)
    room = fractions * sum(len(group) for group in groups)
    left = np.ones(len(groups), dtype=np.bool_)
    found = [0] * len(groups)
    while left.any():
        label = _rarest(weights, left)
        for index in np.flatnonzero(left & (weights[:, label] > 0)).tolist():
            best = max(range(len(fractions)), key=_needs(wanted[:, label], room))
            found[index] = best
            wanted[best] -= weights[index]
            room[best] -= len(groups[index])
            left[index] = False
    return found


def _label_counts(
    groups: Sequence[NDArray[np.int64]], targets: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Texts of each group with each label, and at the end those with none."""
    complete = np.column_stack([targets, ~targets.any(axis=1)])
    return np.array([complete[group].sum(axis=0) for group in groups], dtype=np.int64)


def _rarest(weights: NDArray[np.int64], left: NDArray[np.bool_]) -> int:
    counts = (weights[left] > 0).sum(axis=0).astype(float)
    counts[counts == 0] = np.inf
    return int(counts.argmin())


def _needs(
    wanted: NDArray[np.float64], room: NDArray[np.float64]
) -> Callable[[int], tuple[float, float]]:
    """How much each split lacks: texts of one label, then texts of any."""
    return lambda split: (float(wanted[split]), float(room[split]))

"""Divides labelled texts into folds for cross-validation."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]


def canonical_order(keys: Sequence[str], *, seed: int) -> list[int]:
    """Order texts by a hash of their content, so that their order in a file changes nothing.

    Args:
        keys: of the texts; equal texts have equal keys and stay in the order of the file.
        seed: another seed gives another order.
    """
    digests = [hashlib.sha256(f"{seed} {key}".encode("utf-8", "surrogatepass")) for key in keys]
    return sorted(range(len(keys)), key=lambda i: digests[i].digest())


def assign_folds(keys: Sequence[str], targets: NDArray[np.bool_], *, folds: int) -> Int:
    """Assign each text to a fold, so that each label is spread as evenly as possible.

    Sechidis, Tsoumakas & Vlahavas, "On the stratification of multi-label data" (ECML PKDD 2011):
    texts of the rarest label first, each goes to the fold that has the fewest texts of this label.

    Args:
        keys: equal texts, which have equal keys, go to the same fold.
        targets: *Shape:* `(texts, labels)`.
        folds: how many.

    Returns:
        The fold of each text, from 0. *Shape:* `(texts,)`.
    """
    group_of = group_numbers(keys)
    names = int(group_of.max()) + 1
    counts = np.zeros((names, targets.shape[1] + 1), np.int64)
    np.add.at(counts, group_of, np.hstack([targets, np.ones((len(keys), 1), np.bool_)]))
    filled = np.zeros((folds, counts.shape[1]), np.int64)
    fold_of_group = np.full(names, -1)
    totals = counts[:, :-1].sum(axis=0)
    # The last column counts texts; it serves those that have no label.
    for label in [*np.argsort(totals, kind="stable"), targets.shape[1]]:
        for group in np.flatnonzero((counts[:, label] > 0) & (fold_of_group < 0)):
            fold = min(range(folds), key=lambda f: (filled[f, label], filled[f, -1], f))
            fold_of_group[group] = fold
            filled[fold] += counts[group]
    return np.asarray(fold_of_group[group_of])


def group_numbers(keys: Sequence[str]) -> Int:
    """Number the different keys in order of appearance, from 0. *Shape:* `(texts,)`."""
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)

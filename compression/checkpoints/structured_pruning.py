"""Whole neurons and whole words taken out of a network; what is left is a smaller network."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.networks import TABLE, UnitGroup
from edgemood.text.vocabulary import UNKNOWN


def prune_units(base: Checkpoint, share: float) -> Checkpoint:
    """Take the weakest units out of every hidden layer.

    A unit is as strong as the Euclidean norm of all weights that lead to it or away from it.

    Args:
        base: what to take them from.
        share: of the units of each layer; at least one stays.
    """
    model, state = base.settings.model, base.state
    stays: dict[tuple[str, int], Tensor] = {}
    for group in base.module().unit_groups():
        count = max(1, round((1 - share) * group.units))
        kept = torch.topk(_strength(group, state), count).indices
        for name, axis, places in group.slices:
            mask = stays.setdefault((name, axis), torch.ones(state[name].shape[axis]).bool())
            mask[places.flatten()] = False
            mask[places[kept].flatten()] = True
        model = model.with_units(group.layer, count)
    smaller = dict(state)
    for (name, axis), mask in stays.items():
        smaller[name] = smaller[name].index_select(axis, mask.nonzero().flatten())
    settings = base.settings.model_copy(update={"model": model})
    return replace(base, settings=settings, state=smaller)


def prune_words(base: Checkpoint, counts: NDArray[np.int64], share: float) -> Checkpoint:
    """Take the words out whose vectors matter least; they become unknown ones.

    A word matters as much as the norm of its vector, measured from the unknown word's (which takes
    its place), times the number of its occurrences.

    Args:
        base: what to take them from.
        counts: occurrences of each word. *Shape:* `(words,)`.
        share: of the words; at least one stays.
    """
    table = base.state[TABLE].double().numpy()
    matters = np.linalg.norm(table[UNKNOWN + 1 :] - table[UNKNOWN], axis=1) * counts
    count = max(1, round((1 - share) * len(base.words)))
    kept = np.sort(np.argsort(-matters, kind="stable")[:count])
    rows = torch.from_numpy(np.concatenate([[UNKNOWN], kept + UNKNOWN + 1]))
    state = {**base.state, TABLE: base.state[TABLE].index_select(0, rows)}
    words = tuple(base.words[i] for i in kept)
    smaller = Checkpoint(base.settings, base.key, base.labels, words, state)
    return smaller.with_vocabulary(base.vocabulary_encoding)


def _strength(group: UnitGroup, state: Mapping[str, Tensor]) -> Tensor:
    """Sum of squares of everything that belongs to each unit. *Shape:* `(units,)`."""
    strength = torch.zeros(group.units, dtype=torch.float64)
    for name, axis, places in group.slices:
        squares = state[name].double().movedim(axis, 0) ** 2
        strength += squares.reshape(len(squares), -1).sum(dim=1)[places].sum(dim=1)
    return strength

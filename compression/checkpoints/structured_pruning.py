"""Structured pruning: removing hidden units and words leaves a smaller dense network."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.networks import TABLE, UnitGroup
from edgemood.text.vocabulary import UNKNOWN


def prune_units(base: Checkpoint, share: float) -> Checkpoint:
    """Remove the weakest units of every hidden layer.

    The strength of a unit is the Euclidean norm of all weights that lead to it or away from it.

    Args:
        base: the checkpoint to prune; it is not changed.
        share: of the units of each layer to remove, from 0 to 1; at least one unit stays.
    """
    model, groups = base.settings.model, list(base.module().unit_groups())
    kept = [_strongest(group, base.state, share) for group in groups]
    for group, units in zip(groups, kept, strict=True):
        model = model.with_units(group.layer, len(units))
    settings = base.settings.model_copy(update={"model": model})
    return replace(base, settings=settings, state=_without(base.state, groups, kept))


def prune_words(base: Checkpoint, counts: NDArray[np.int64], share: float) -> Checkpoint:
    """Remove the words whose vectors matter least; they become unknown words.

    The importance of a word is the number of its occurrences times the distance of its vector from
    the unknown word's vector, which replaces it.

    Args:
        base: the checkpoint to prune; it is not changed.
        counts: occurrences of each word. *Shape:* `(words,)`.
        share: of the words to remove, from 0 to 1; at least one word stays.
    """
    table = base.state[TABLE].double().numpy()
    importance = np.linalg.norm(table[UNKNOWN + 1 :] - table[UNKNOWN], axis=1) * counts
    count = max(1, round((1 - share) * len(base.words)))
    kept = np.sort(np.argsort(-importance, kind="stable")[:count])
    rows = torch.from_numpy(np.concatenate([[UNKNOWN], kept + UNKNOWN + 1]))
    state = {**base.state, TABLE: base.state[TABLE].index_select(0, rows)}
    words = tuple(base.words[i] for i in kept)
    smaller = Checkpoint(base.settings, base.key, base.labels, words, state)
    return smaller.with_vocabulary(base.vocabulary_encoding)


def _strongest(group: UnitGroup, state: Mapping[str, Tensor], share: float) -> Tensor:
    """The units of one layer that stay. *Shape:* `(kept units,)`."""
    strength = torch.zeros(group.units, dtype=torch.float64)
    for name, axis, places in group.slices:
        squares = state[name].double().movedim(axis, 0) ** 2
        strength += squares.reshape(len(squares), -1).sum(dim=1)[places].sum(dim=1)
    return torch.topk(strength, max(1, round((1 - share) * group.units))).indices


def _without(
    state: Mapping[str, Tensor], groups: Sequence[UnitGroup], kept: Sequence[Tensor]
) -> dict[str, Tensor]:
    """The weights without the rows and columns of removed units.

    Several groups may share an axis of a weight, so the axis is cut once all of them are known.
    """
    stays: dict[tuple[str, int], Tensor] = {}
    for group, units in zip(groups, kept, strict=True):
        for name, axis, places in group.slices:
            mask = stays.setdefault((name, axis), torch.ones(state[name].shape[axis]).bool())
            mask[places.flatten()] = False
            mask[places[units].flatten()] = True
    smaller = dict(state)
    for (name, axis), mask in stays.items():
        smaller[name] = smaller[name].index_select(axis, mask.nonzero().flatten())
    return smaller

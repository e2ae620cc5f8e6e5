"""Trains a base classifier: which words it knows, then `fit`, from random weights or given ones."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from compression.checkpoint import Checkpoint
from compression.dataset import Dataset, Split
from compression.fit import Fit, Supervision
from compression.settings import BaseSettings
from edgemood.tokenizer import tokenize


def train(
    settings: BaseSettings,
    data: Dataset,
    supervision: Supervision,
    *,
    key: str,
    partial: Path,
    start: Mapping[str, Tensor] | None = None,
) -> Checkpoint:
    """Train, or finish a training that was cut off.

    Args:
        settings: the base's table of the recipe.
        data: its train split gives the words, its dev split the choice of epoch.
        supervision: where gradients come from.
        key: identifies the result; see `compression.bases`.
        partial: file that keeps the state between epochs; the caller deletes it once the result is
            safe.
        start: weights to begin with; random ones where left out.

    Returns:
        The averaged weights of the best epoch by dev macro-F1 under tuned thresholds.

    Raises:
        CheckpointError: `partial` is damaged.
    """
    untrained = begin(settings, data, key=key)
    twin = untrained.module()
    if start is not None:
        twin.load_state_dict(dict(start))
    fit = Fit(twin, settings.training, seed=settings.seed)
    best = fit.run(supervision, data.dev, untrained.vocabulary, partial=partial)
    return untrained.trained(best)


def begin(settings: BaseSettings, data: Dataset, *, key: str) -> Checkpoint:
    """A base before training: its words, and the weights that its seed gives."""
    words = choose_words(data.train, settings)
    torch.manual_seed(settings.seed)
    module = settings.model.build(rows=len(words) + 1, labels=len(data.labels))
    return Checkpoint(settings, key, data.labels, words, module.state_dict())


def choose_words(split: Split, settings: BaseSettings) -> tuple[str, ...]:
    """The most frequent words, most frequent first; ties in order of code points."""
    counts = Counter(
        token
        for text in split.texts
        for token in tokenize(text)
        if not "\ud800" <= token <= "\udfff"  # a lone surrogate cannot be written
    )
    frequent = [word for word, n in counts.items() if n >= settings.vocabulary.min_count]
    frequent.sort(key=lambda word: (-counts[word], word))
    return tuple(frequent[: settings.vocabulary.max_words])

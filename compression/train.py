"""Trains a base classifier: which words it knows, weights to begin with, then `fit`."""

from collections import Counter
from pathlib import Path

import torch

from compression.checkpoint import Checkpoint
from compression.dataset import Dataset, Split
from compression.fit import Fit, Supervision
from compression.settings import BaseSettings
from edgemood.tokenizer import tokenize


def train(
    untrained: Checkpoint, supervision: Supervision, dev: Split, *, partial: Path
) -> Checkpoint:
    """Train, or finish a training that was cut off.

    Args:
        untrained: where training starts; see `begin`.
        supervision: where gradients come from.
        dev: chooses the epoch.
        partial: file that keeps the state between epochs; the caller deletes it once the result is
            safe.

    Returns:
        The averaged weights of the best epoch by dev macro-F1 under tuned thresholds.

    Raises:
        CheckpointError: `partial` is damaged.
    """
    settings = untrained.settings
    fit = Fit(untrained.module(), settings.training, seed=settings.seed)
    return untrained.trained(fit.run(supervision, dev, untrained.vocabulary, partial=partial))


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

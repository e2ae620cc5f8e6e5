"""Trains a base classifier: which words it knows, then `fit` from random weights."""

from collections import Counter
from pathlib import Path

import torch

from compression.checkpoint import Checkpoint
from compression.dataset import Dataset, Split
from compression.fit import Fit, Objective
from compression.settings import BaseSettings
from edgemood.tokenizer import tokenize
from edgemood.vocabulary import PlainVocabulary


def train(
    settings: BaseSettings, data: Dataset, *, objective: Objective, key: str, partial: Path
) -> Checkpoint:
    """Train, or finish a training that was cut off.

    Args:
        settings: the base's table of the recipe.
        data: gradients come from its train split, the choice of epoch from its dev split.
        objective: the loss.
        key: identifies the result; see `compression.bases`.
        partial: file that keeps the state between epochs; the caller deletes it once the result is
            safe.

    Returns:
        The averaged weights of the best epoch by dev macro-F1 under tuned thresholds.

    Raises:
        CheckpointError: `partial` is damaged.
    """
    words = choose_words(data.train, settings)
    vocabulary = PlainVocabulary(words)
    torch.manual_seed(settings.seed)
    module = settings.model.build(rows=len(vocabulary), labels=len(data.labels))
    fit = Fit(module, settings.training, seed=settings.seed)
    best = fit.run(data, vocabulary, objective=objective, partial=partial)
    return Checkpoint(settings, key, data.labels, words, best)


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

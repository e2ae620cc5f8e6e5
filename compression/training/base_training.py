"""Trains a base classifier: which words it knows, weights to begin with, then `fit`."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset, Split, Targets
from compression.metrics.mutual_information import uncertainty_coefficients
from compression.settings import BaseSettings
from compression.training.trainer import Fit, Supervision
from edgemood.text.tokenizer import tokenize


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
    """The words that get a row, the most frequent or the most telling ones first.

    Ties are broken by frequency, then by the order of code points.
    """
    tokens = [tokenize(text) for text in split.texts]
    counts = Counter(
        token
        for text in tokens
        for token in text
        if not "\ud800" <= token <= "\udfff"  # a lone surrogate cannot be written
    )
    frequent = [word for word, n in counts.items() if n >= settings.vocabulary.min_count]
    frequent.sort(key=lambda word: (-counts[word], word))
    if settings.vocabulary.by == "information":
        frequent = _most_telling(frequent, tokens, split.targets)
    return tuple(frequent[: settings.vocabulary.max_words])


def _most_telling(
    words: Sequence[str], tokens: Sequence[Sequence[str]], targets: Targets
) -> list[str]:
    row_of = {word: row for row, word in enumerate(words)}
    present = np.zeros((len(words), targets.shape[1]), dtype=np.int64)
    texts = np.zeros(len(words), dtype=np.int64)
    for text, labels in zip(tokens, targets, strict=True):
        rows = list({row_of[token] for token in text if token in row_of})
        texts[rows] += 1
        present[rows] += labels
    told = uncertainty_coefficients(present, texts, targets.sum(axis=0), len(targets))
    return [words[row] for row in np.argsort(-told, kind="stable")]

"""Base training: from settings and data to a trained checkpoint."""

from pathlib import Path

import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset, SoftLabels, Split
from compression.settings import BaseSettings
from compression.training.supervision import Supervision
from compression.training.trainer import Trainer
from compression.training.word_selection import choose_words


def train(
    untrained: Checkpoint, supervision: Supervision, dev: Split, *, state_file: Path
) -> Checkpoint:
    """Train a base, or resume its interrupted training.

    Args:
        untrained: the initial weights; see `untrained_base`.
        supervision: the source of gradients.
        dev: for early stopping.
        state_file: stores the state between epochs; if it exists, training resumes from it. The
            caller deletes it once the result is saved.

    Returns:
        The averaged weights of the epoch with the best dev macro-F1 under tuned thresholds.

    Raises:
        CheckpointError: `state_file` is damaged.
    """
    settings = untrained.settings
    trainer = Trainer(untrained.module(), settings.training, seed=settings.seed)
    best = trainer.run(supervision, dev, untrained.vocabulary, state_file=state_file)
    return untrained.trained(best)


def untrained_base(
    settings: BaseSettings, data: Dataset, *, key: str, further: SoftLabels | None = None
) -> Checkpoint:
    """A base before training: its words, and random weights from its seed.

    Args:
        settings: of the base.
        data: words are chosen from its train split.
        key: of the base.
        further: more texts to choose words from.
    """
    parts = [SoftLabels.of(data.train), *([further] if further else [])]
    words = choose_words(SoftLabels.joined(parts), settings.vocabulary)
    torch.manual_seed(settings.seed)
    module = settings.model.build(rows=len(words) + 1, labels=len(data.labels))
    return Checkpoint(settings, key, data.labels, words, module.state_dict())

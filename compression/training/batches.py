"""Batches of an epoch: shuffled texts, some of their words replaced by the unknown word."""

from collections.abc import Iterator, Sequence

import numpy as np

from compression.settings import TrainingSettings
from compression.training.inference import Int32
from compression.training.supervision import Indices
from edgemood.models import Batch
from edgemood.text.vocabulary import UNKNOWN


def shuffled_batches(
    rows: Sequence[Int32], settings: TrainingSettings, *, seed: int, epoch: int
) -> Iterator[tuple[Indices, Batch]]:
    """Batches with word dropout; the same seed and epoch give the same batches.

    Args:
        rows: encoded texts.
        settings: batch size, word dropout and pool.
        seed: of order and dropout.
        epoch: counted from 0.

    Yields:
        The positions of a batch's texts, and the batch.
    """
    generator = np.random.default_rng([seed, epoch])
    for indices in _shuffled(rows, settings, generator):
        batch = Batch.from_lists([rows[i] for i in indices])
        dropped = generator.random(len(batch.ids)) < settings.word_dropout
        yield indices, batch._replace(ids=np.where(dropped, np.int32(UNKNOWN), batch.ids))


def _shuffled(
    rows: Sequence[Int32], settings: TrainingSettings, generator: np.random.Generator
) -> list[Indices]:
    """The positions of the texts of each batch."""
    order = generator.permutation(len(rows))
    if settings.pool is None:
        return _portions(order, settings.batch_size)
    # A batch takes as many recurrent steps as its longest text has words: sort pools by length.
    lengths = np.array([len(ids) for ids in rows])
    batches: list[Indices] = []
    for pool in _portions(order, settings.pool * settings.batch_size):
        by_length = pool[np.argsort(lengths[pool], kind="stable")]
        batches += _portions(by_length, settings.batch_size)
    return [batches[i] for i in generator.permutation(len(batches))]


def _portions(indices: Indices, size: int) -> list[Indices]:
    return [indices[first : first + size] for first in range(0, len(indices), size)]

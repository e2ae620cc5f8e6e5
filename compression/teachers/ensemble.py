"""Several fine-tunings of one transformer, asked together.

Two fine-tunings that differ in the seed disagree about what the labels left open; their mean is a
calmer teacher than each of them (Hinton et al., arXiv 1503.02531, distil ensembles, too).
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.data.dataset import Dataset, Split
from compression.seeds import seeded
from compression.settings import TransformerSettings
from compression.teachers.output_cache import Answers
from compression.teachers.transformer import Teacher
from compression.training.word_vectors import Vectors


class Ensemble:
    """Teachers that differ in nothing but the seed; what it says is the mean of their logits."""

    def __init__(
        self, name: str, members: Sequence[Teacher], folder: Path, *, answers: Path | None = None
    ) -> None:
        """Ask nothing yet.

        Args:
            name: of the recipe's table.
            members: at least two.
            folder: keeps its answers.
            answers: kept by another ensemble of the same key; only read.
        """
        self.name, self.members = name, tuple(members)
        self._folder, self._elsewhere = folder, answers

    @cached_property
    def key(self) -> str:
        """Digest of the keys of all members."""
        keys = "\n".join(member.key for member in self.members)
        return hashlib.sha256(keys.encode()).hexdigest()[:16]

    @property
    def judgement(self) -> float:
        """How much what it says counts beside labels when thresholds are tuned."""
        return self.members[0].judgement

    @property
    def file_bytes(self) -> int:
        """Bytes of the weights of all members."""
        return sum(member.file_bytes for member in self.members)

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Mean of its members' logits, to the precision of float16. *Shape:* `(texts, labels)`.

        Raises:
            TeacherError: the transformer cannot be loaded.
            CheckpointError: a kept file is damaged.
        """

        def mean() -> Tensor:
            return torch.stack([member.logits(texts) for member in self.members]).mean(dim=0)

        answers = Answers(self.name, self.key, self._folder, elsewhere=self._elsewhere)
        return answers.of("logits", texts, mean, file_bytes=lambda: self.file_bytes)

    def word_vectors(self, words: Sequence[str], *, dim: int) -> Vectors:
        """Those of the first member; the components of another have other directions."""
        return self.members[0].word_vectors(words, dim=dim)


def judgement(teacher: Teacher | Ensemble, dev: Split) -> NDArray[np.float64]:
    """What thresholds are tuned against: annotators' labels, and what a teacher says beside them.

    Where a label has a hundred texts, these alone are a rough guide; the mean of both is a calmer
    one, for the teacher's own thresholds and for those of its students.

    Args:
        teacher: its settings say how much it counts.
        dev: the split that thresholds are tuned on.

    Returns:
        How sure each label is, from 0 to 1. *Shape:* `(texts, labels)`.
    """
    labels, share = dev.targets.astype(np.float64), teacher.judgement
    if share == 0:
        return labels
    scores = torch.sigmoid(teacher.logits(dev.texts).double()).numpy()
    mixed: NDArray[np.float64] = (1 - share) * labels + share * scores
    return mixed


def teacher_of(
    name: str,
    settings: TransformerSettings,
    data: Dataset,
    folder: Path,
    *,
    answers: Path | None = None,
) -> Teacher | Ensemble:
    """The teacher of a recipe's `[teacher.NAME]`: an ensemble where it gives several seeds.

    Args:
        name: of the table.
        settings: its fields.
        data: what it is fine-tuned on.
        folder: keeps weights and answers.
        answers: folder of answers from elsewhere; only read.
    """
    if not settings.seeds:
        return Teacher(name, settings, data, folder, answers=answers)
    members = [
        Teacher(seeded(name, seed), settings.with_seed(seed), data, folder, answers=answers)
        for seed in settings.seeds
    ]
    return Ensemble(name, members, folder, answers=answers)

"""An ensemble of teachers that differ in the seed of their fine-tuning.

Fine-tunings with other seeds disagree on texts that the labels leave ambiguous; the mean of their
logits has a smaller variance. Hinton et al. (arXiv 1503.02531) distil ensembles as well.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from compression.data.dataset import Dataset
from compression.seeds import seeded
from compression.settings import TransformerSettings
from compression.teachers.label_heads import mixed
from compression.teachers.output_cache import TeacherOutputs
from compression.teachers.teacher import Teacher
from compression.training.word_vectors import Vectors


class Ensemble:
    """Teachers that differ in the seed only; its logits are the mean of theirs."""

    def __init__(
        self,
        name: str,
        members: Sequence[Teacher],
        folder: Path,
        *,
        teacher_outputs: Path | None = None,
    ) -> None:
        """Compute nothing yet.

        Args:
            name: of the recipe's table.
            members: at least two.
            folder: outputs are stored here.
            teacher_outputs: folder of outputs of an ensemble with the same key; only read.
        """
        self.name, self.members = name, tuple(members)
        self._folder, self._teacher_outputs = folder, teacher_outputs

    @cached_property
    def key(self) -> str:
        """Digest of the keys of all members."""
        keys = "\n".join(member.key for member in self.members)
        return hashlib.sha256(keys.encode()).hexdigest()[:16]

    @property
    def blend_weight(self) -> float:
        """Weight of the ensemble's scores against labels when thresholds are tuned, 0 to 1."""
        return self.members[0].blend_weight

    @property
    def file_bytes(self) -> int:
        """Size of the weights of all members in bytes."""
        return sum(member.file_bytes for member in self.members)

    def logits(self, texts: Sequence[str], *, mix: Mapping[str, float] | None = None) -> Tensor:
        """Mean of the members' logits, rounded as they are stored. *Shape:* `(texts, labels)`.

        Args:
            texts: any number of them.
            mix: see `Teacher.logits`.

        Raises:
            TeacherError: the transformer cannot be loaded.
            CheckpointError: a stored file is damaged.
        """
        return mixed(lambda head: self._head_logits(head, texts), mix)

    def _head_logits(self, head: str, texts: Sequence[str]) -> Tensor:
        def mean() -> Tensor:
            logits = [member.head_logits(head, texts) for member in self.members]
            return torch.stack(logits).mean(dim=0)

        outputs = TeacherOutputs(self.name, self.key, self._folder, shared=self._teacher_outputs)
        kind = self.members[0].heads.kind(head)
        return outputs.get(kind, texts, mean, file_bytes=lambda: self.file_bytes)

    def word_vectors(self, words: Sequence[str], *, dim: int) -> Vectors:
        """The word vectors of the first member.

        Principal components of different members point in different directions, so a mean of them
        would be meaningless.
        """
        return self.members[0].word_vectors(words, dim=dim)


def teacher_of(
    name: str,
    settings: TransformerSettings,
    data: Dataset,
    folder: Path,
    *,
    sources: Mapping[str, Dataset] | None = None,
    teacher_outputs: Path | None = None,
) -> Teacher | Ensemble:
    """The teacher of a recipe's `[teacher.NAME]`; an ensemble if the table has several seeds.

    Args:
        name: of the table.
        settings: its fields.
        data: for fine-tuning.
        folder: weights and outputs are stored here.
        sources: all further datasets of the recipe; it uses those that its settings name.
        teacher_outputs: folder of stored outputs; only read.
    """
    used = {source: (sources or {})[source] for source in settings.sources}
    if not settings.seeds:
        return Teacher(name, settings, data, folder, sources=used, teacher_outputs=teacher_outputs)
    members = [
        Teacher(
            seeded(name, seed),
            settings.with_seed(seed),
            data,
            folder,
            sources=used,
            teacher_outputs=teacher_outputs,
        )
        for seed in settings.seeds
    ]
    return Ensemble(name, members, folder, teacher_outputs=teacher_outputs)

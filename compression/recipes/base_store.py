"""The bases of a recipe: trained on first use, then stored in the checkpoint folder."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.augmentation import augmented
from compression.data.dataset import Dataset
from compression.networks import TABLE
from compression.progress import log
from compression.recipes.vector_files import VectorFiles
from compression.settings import (
    BaseSettings,
    BaseStart,
    DistillationSettings,
    FileStart,
    TeacherStart,
    TransformerSettings,
)
from compression.teachers.ensemble import teacher_of
from compression.teachers.soft_labels import threshold_targets
from compression.tensors import to_numpy
from compression.training.base_training import train, untrained_base
from compression.training.co_training import Pair, co_train
from compression.training.distillation import distillation
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import Supervision, label_supervision
from compression.training.word_vectors import Vectors, read_vectors, table_from


class BaseStore:
    """Trains each base when it is first needed, after the bases and teachers that it needs."""

    def __init__(
        self,
        settings: Mapping[str, BaseSettings],
        data: Dataset,
        folder: Path,
        *,
        teachers: Mapping[str, TransformerSettings] | None = None,
        teacher_outputs: Path | None = None,
        embeddings: Path | None = None,
    ) -> None:
        """Train nothing yet.

        Args:
            settings: of each base, by name.
            data: the bases are trained on its train split.
            folder: stores checkpoints; made with the first one.
            teachers: transformers that bases may learn from, by name.
            teacher_outputs: folder with outputs of these transformers; only read.
            embeddings: word vectors, for bases that start from a file and name none.
        """
        self._settings, self._data, self._folder = settings, data, folder
        self._vector_files = VectorFiles(embeddings)
        self._teachers = {
            name: teacher_of(name, transformer, data, folder, teacher_outputs=teacher_outputs)
            for name, transformer in (teachers or {}).items()
        }
        self._supervision: dict[str, Supervision] = {}

    def settings(self, name: str) -> BaseSettings:
        """The settings of a base."""
        return self._settings[name]

    def key(self, name: str) -> str:
        """Digest of everything that determines a base, except for the machine."""
        parts = list(self._key_parts(self._settings[name]))
        if len(parts) == 1:
            return parts[0]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    def _key_parts(self, settings: BaseSettings) -> Iterator[str]:
        yield settings.key(self._data.sha256)
        if settings.distillation is not None:
            yield self._key_of_teacher(settings.distillation.teacher)
        if isinstance(settings.embedding, BaseStart):
            yield self.key(settings.embedding.base)
        if isinstance(settings.embedding, TeacherStart):
            yield self._key_of_teacher(settings.embedding.teacher)
        if isinstance(settings.embedding, FileStart):
            yield self._vector_files.sha256(settings.embedding)

    def _key_of_teacher(self, name: str) -> str:
        if name not in self._teachers:
            return self.key(name)
        teacher = self._teachers[name]
        # The blend weight does not change the base, but the thresholds of its variants.
        return f"{teacher.key} {teacher.blend_weight}" if teacher.blend_weight else teacher.key

    def checkpoint(self, name: str) -> Checkpoint:
        """A trained base, from the folder if it is there.

        Raises:
            CheckpointError: a file of the folder is damaged.
        """
        # The key identifies a checkpoint; the name before it is for readers.
        for stored in sorted(self._folder.glob(f"*-{self.key(name)}.safetensors")):
            return Checkpoint.load(stored)
        supervision, untrained = self.supervision(name), self._untrained(name)
        if _is_co_trained(self._settings[name]):
            untrained = untrained.trained(self._co_trained(name).student.state)
        log(f"training base {name}")
        state_file = self._path(name, "unfinished.safetensors")
        checkpoint = train(untrained, supervision, self._data.dev, state_file=state_file)
        checkpoint.save(self._path(name, "safetensors"))
        state_file.unlink(missing_ok=True)
        return checkpoint

    def supervision(self, name: str) -> Supervision:
        """The texts and losses of a base's training, and of any fine-tuning of its variants."""
        if name not in self._supervision:
            self._supervision[name] = self._supervise(name, self._settings[name])
        return self._supervision[name]

    def _supervise(self, name: str, settings: BaseSettings) -> Supervision:
        train = self._data.train
        if settings.distillation is None:
            return label_supervision(train)
        further: tuple[str, ...] = ()
        if settings.augmentation is not None:
            further = augmented(train.texts, settings.augmentation, seed=settings.augmentation.seed)
        # Two calls, so that the stored outputs for the split serve any augmentation.
        logits = [
            self._teacher_logits(settings.distillation, name, texts)
            for texts in (train.texts, further)
            if texts
        ]
        return distillation(train, torch.cat(logits), settings.distillation, augmented=further)

    def threshold_targets(self, name: str) -> NDArray[np.float64]:
        """The soft labels on dev that the thresholds of a base's variants are tuned on.

        Returns:
            Probabilities of labels; 0 or 1 for a base without a transformer as teacher. *Shape:*
            `(texts, labels)`.
        """
        settings = self._settings[name].distillation
        if settings is None or settings.teacher not in self._teachers:
            return self._data.dev.targets.astype(np.float64)
        return threshold_targets(self._teachers[settings.teacher], self._data.dev)

    def _teacher_logits(
        self, settings: DistillationSettings, student: str, texts: Sequence[str]
    ) -> Tensor:
        if settings.teacher in self._teachers:
            return self._teachers[settings.teacher].logits(texts)
        if settings.co_training is not None:
            teacher = self._co_trained(student).teacher
        else:
            teacher = self.checkpoint(settings.teacher)
        rows = encode_texts(texts, teacher.vocabulary)
        return logits_of(teacher.module(), rows).clone()  # out of inference mode

    def _co_trained(self, name: str) -> Pair:
        """A base and its teacher after co-training."""
        paths = [self._path(name, f"co-{role}.safetensors") for role in Pair._fields]
        if all(path.exists() for path in paths):
            return Pair(*(Checkpoint.load(path) for path in paths))
        settings = self._settings[name].distillation
        assert settings is not None  # noqa: S101  # only called for bases with a teacher
        student, teacher = self._untrained(name), self._untrained(settings.teacher)
        log(f"co-training {name} and {settings.teacher}")
        state_file = self._path(name, "co-unfinished.safetensors")
        pair = co_train(student, teacher, self._data, settings, state_file=state_file)
        for checkpoint, path in zip(pair, paths, strict=True):
            checkpoint.save(path)
        state_file.unlink(missing_ok=True)
        return pair

    def _untrained(self, name: str) -> Checkpoint:
        settings = self._settings[name]
        random = untrained_base(settings, self._data, key=self.key(name))
        if settings.embedding is None:
            return random
        table = table_from(
            self._initial_vectors(settings, random.words),
            random.words,
            dim=settings.model.dim,
            std=settings.model.embedding_std,
            seed=settings.seed,
        )
        return random.trained({**random.state, TABLE: torch.from_numpy(table)})

    def _initial_vectors(self, settings: BaseSettings, words: Sequence[str]) -> Vectors:
        """Word vectors that the token table starts from, for some of the words."""
        match settings.embedding:
            case FileStart() as start:
                return read_vectors(self._vector_files.path(start), words)
            case TeacherStart(teacher=name):
                return self._teachers[name].word_vectors(words, dim=settings.model.dim)
            case BaseStart(base=name):
                other = self.checkpoint(name)
                return dict(zip(other.words, to_numpy(other.state[TABLE][1:]), strict=True))
        return {}

    def _path(self, name: str, ending: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{name}-{self.key(name)}.{ending}"


def _is_co_trained(settings: BaseSettings) -> bool:
    return settings.distillation is not None and settings.distillation.co_training is not None

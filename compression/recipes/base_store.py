"""The bases of a recipe: trained when they are first needed, then kept in the checkpoint folder."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.augmentation import augmented
from compression.data.dataset import Dataset
from compression.errors import EmbeddingError
from compression.networks import TABLE
from compression.progress import log
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
from compression.training.word_vectors import read_vectors, table_from
from edgemood.format.artifact import file_sha256


class _VectorFile(NamedTuple):
    path: Path
    sha256: str


class Bases:
    """Gives the checkpoint of each base, its teacher's first where it has one."""

    def __init__(
        self,
        settings: Mapping[str, BaseSettings],
        data: Dataset,
        folder: Path,
        *,
        teachers: Mapping[str, TransformerSettings] | None = None,
        answers: Path | None = None,
        embeddings: Path | None = None,
    ) -> None:
        """Train nothing yet.

        Args:
            settings: of each base, by name.
            data: what they learn from.
            folder: where they are kept; made when something is.
            teachers: transformers that may teach them, by name.
            answers: folder of what such transformers answered elsewhere.
            embeddings: word vectors, for bases that begin with a file and name none.
        """
        self._settings, self._data, self._folder = settings, data, folder
        self._embeddings = embeddings
        self._teachers = {
            name: teacher_of(name, transformer, data, folder, teacher_outputs=answers)
            for name, transformer in (teachers or {}).items()
        }
        self._vector_files: dict[Path, _VectorFile] = {}
        self._supervision: dict[str, Supervision] = {}

    def settings(self, name: str) -> BaseSettings:
        """The settings of a base."""
        return self._settings[name]

    def key(self, name: str) -> str:
        """Digest of everything that decides how a base turns out, but for the machine."""
        settings = self._settings[name]
        facts = [settings.key(self._data.sha256)]
        if settings.distillation is not None:
            facts.append(self._key_of_teacher(settings.distillation.teacher))
        if isinstance(settings.embedding, BaseStart):
            facts.append(self.key(settings.embedding.base))
        if isinstance(settings.embedding, TeacherStart):
            facts.append(self._key_of_teacher(settings.embedding.teacher))
        if isinstance(settings.embedding, FileStart):
            facts.append(self._vector_file(settings.embedding).sha256)
        if len(facts) == 1:
            return facts[0]
        return hashlib.sha256(" ".join(facts).encode()).hexdigest()[:16]

    def _key_of_teacher(self, name: str) -> str:
        if name not in self._teachers:
            return self.key(name)
        teacher = self._teachers[name]
        # Nothing of the base hangs on it, but its variants' thresholds do.
        return f"{teacher.key} {teacher.blend_weight}" if teacher.blend_weight else teacher.key

    def checkpoint(self, name: str) -> Checkpoint:
        """A trained base.

        Raises:
            CheckpointError: a file of the folder is damaged.
        """
        path = self._path(name, "safetensors")
        # The key says everything; the name in front of it is for people.
        for kept in sorted(self._folder.glob(f"*-{self.key(name)}.safetensors")):
            return Checkpoint.load(kept)
        supervised, untrained = self.supervision(name), self._untrained(name)
        if _co_training(self._settings[name]):
            untrained = untrained.trained(self._co_trained(name).student.state)
        log(f"training base {name}")
        state_file = self._path(name, "unfinished.safetensors")
        checkpoint = train(untrained, supervised, self._data.dev, state_file=state_file)
        checkpoint.save(path)
        state_file.unlink(missing_ok=True)
        return checkpoint

    def supervision(self, name: str) -> Supervision:
        """Where a base's gradients come from, and those of whatever trains it further."""
        if name not in self._supervision:
            self._supervision[name] = self._supervise(self._settings[name], name)
        return self._supervision[name]

    def _supervise(self, settings: BaseSettings, name: str) -> Supervision:
        train = self._data.train
        if settings.distillation is None:
            return label_supervision(train)
        further: tuple[str, ...] = ()
        if settings.augmentation is not None:
            further = augmented(train.texts, settings.augmentation, seed=settings.augmentation.seed)
        # Asked apart, so that what it said of the split serves any augmentation.
        logits = [
            self._logits(settings.distillation, name, texts)
            for texts in (train.texts, further)
            if texts
        ]
        return distillation(train, torch.cat(logits), settings.distillation, augmented=further)

    def threshold_targets(self, name: str) -> NDArray[np.float64]:
        """What the thresholds of a base's variants are tuned against, on dev.

        Returns:
            Annotators' labels, and what its transformer says where that is to count. *Shape:*
            `(texts, labels)`.
        """
        settings = self._settings[name].distillation
        if settings is None or settings.teacher not in self._teachers:
            return self._data.dev.targets.astype(np.float64)
        return threshold_targets(self._teachers[settings.teacher], self._data.dev)

    def _logits(self, settings: DistillationSettings, name: str, texts: Sequence[str]) -> Tensor:
        """What a base's teacher says of texts."""
        if settings.teacher in self._teachers:
            return self._teachers[settings.teacher].logits(texts)
        together = settings.co_training is not None
        teacher = self._co_trained(name).teacher if together else self.checkpoint(settings.teacher)
        rows = encode_texts(texts, teacher.vocabulary)
        return logits_of(teacher.module(), rows).clone()  # out of inference mode

    def _co_trained(self, name: str) -> Pair:
        """A base and its teacher after the step in which both learn."""
        paths = [self._path(name, f"co-{who}.safetensors") for who in Pair._fields]
        if all(path.exists() for path in paths):
            return Pair(*(Checkpoint.load(path) for path in paths))
        settings = self._settings[name].distillation
        assert settings is not None  # noqa: S101  # asked for bases with a teacher only
        student, teacher = self._untrained(name), self._untrained(settings.teacher)
        log(f"training {name} and {settings.teacher} together")
        state_file = self._path(name, "co-unfinished.safetensors")
        pair = co_train(student, teacher, self._data, settings, state_file=state_file)
        for checkpoint, path in zip(pair, paths, strict=True):
            checkpoint.save(path)
        state_file.unlink(missing_ok=True)
        return pair

    def _untrained(self, name: str) -> Checkpoint:
        settings = self._settings[name]
        fresh = untrained_base(settings, self._data, key=self.key(name))
        if settings.embedding is None:
            return fresh
        if isinstance(settings.embedding, FileStart):
            vectors = read_vectors(self._vector_file(settings.embedding).path, fresh.words)
        elif isinstance(settings.embedding, TeacherStart):
            teacher = self._teachers[settings.embedding.teacher]
            vectors = teacher.word_vectors(fresh.words, dim=settings.model.dim)
        else:
            other = self.checkpoint(settings.embedding.base)
            vectors = dict(zip(other.words, to_numpy(other.state[TABLE][1:]), strict=True))
        model = settings.model
        values = table_from(
            vectors, fresh.words, dim=model.dim, std=model.embedding_std, seed=settings.seed
        )
        return fresh.trained({**fresh.state, TABLE: torch.from_numpy(values)})

    def _vector_file(self, settings: FileStart) -> _VectorFile:
        path = Path(settings.path) if settings.path else self._embeddings
        if path is None:
            raise EmbeddingError(
                "which word vectors? Give --embeddings FILE, or a path in the recipe"
            )
        if path not in self._vector_files:
            try:
                self._vector_files[path] = _VectorFile(path, file_sha256(path))
            except OSError as error:
                raise EmbeddingError(f"{path}: {error.strerror}") from error
        return self._vector_files[path]

    def _path(self, name: str, ending: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{name}-{self.key(name)}.{ending}"


def _co_training(settings: BaseSettings) -> bool:
    return settings.distillation is not None and settings.distillation.co_training is not None

"""The bases of a recipe: trained on first use, then stored in the checkpoint folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.corpora import Corpora
from compression.data.dataset import SoftLabels
from compression.networks import TABLE
from compression.progress import log
from compression.recipes.base_keys import BaseKeys
from compression.recipes.dependencies import required_bases
from compression.recipes.training_texts import TextGroup, TrainingTexts, threshold_sources
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
from compression.teachers.soft_labels import threshold_labels
from compression.tensors import to_numpy
from compression.training.base_training import train, untrained_base
from compression.training.co_training import Pair, co_train
from compression.training.distillation import distillation
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import Supervision, label_supervision
from compression.training.word_vectors import Vectors, read_vectors, table_from
from compression.tuning.texts import TuningPart, TuningTexts

_QUESTION: Mapping[str, Any] = {
    "distillation": {"teacher"},
    "augmentation": True,
    "further": True,
    "embedding": True,
    "vocabulary": True,
    "model": {"dim"},
}
"""The settings that decide what a teacher is asked. They lack the seed."""


class BaseStore:
    """Trains each base when it is first needed, after the bases and teachers that it needs."""

    def __init__(
        self,
        settings: Mapping[str, BaseSettings],
        corpora: Corpora,
        folder: Path,
        *,
        teachers: Mapping[str, TransformerSettings] | None = None,
        teacher_outputs: Path | None = None,
        embeddings: Path | None = None,
    ) -> None:
        """Train nothing yet.

        Args:
            settings: of each base, by name.
            corpora: the bases are trained on the train split of its main dataset, and on the
                further texts that their settings name.
            folder: stores checkpoints; made with the first one.
            teachers: transformers that bases may learn from, by name.
            teacher_outputs: folder with outputs of these transformers; only read.
            embeddings: word vectors, for bases that start from a file and name none.
        """
        self._settings, self._corpora, self._folder = settings, corpora, folder
        self._data = corpora.main
        self._vector_files = VectorFiles(embeddings)
        self._teachers = {
            name: teacher_of(
                name,
                transformer,
                corpora.main,
                folder,
                sources=corpora.sources,
                teacher_outputs=teacher_outputs,
            )
            for name, transformer in (teachers or {}).items()
        }
        self._keys = BaseKeys(settings, corpora, self._teachers, self._vector_files)
        self._supervision: dict[str, Supervision] = {}
        self._texts: dict[str, TrainingTexts] = {}
        self._asked: set[tuple[str, bool]] = set()

    def settings(self, name: str) -> BaseSettings:
        """The settings of a base."""
        return self._settings[name]

    def key(self, name: str) -> str:
        """Digest of everything that determines a base, except for the machine."""
        return self._keys.of(name)

    def checkpoint(self, name: str) -> Checkpoint:
        """A trained base, from the folder if it is there.

        Raises:
            CheckpointError: a file of the folder is damaged.
        """
        for stored in self._stored(name):
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

    def _stored(self, name: str) -> list[Path]:
        # The key identifies a checkpoint; the name before it is for readers.
        return sorted(self._folder.glob(f"*-{self.key(name)}.safetensors"))

    def ask_teachers(self, name: str) -> None:
        """Store what transformers tell about the texts of a base and of the bases that it needs.

        Afterwards no method of a store with these folders runs a transformer for this base. Bases
        are trained only if they judge texts that another one's words are chosen from.

        Raises:
            TeacherError: a transformer cannot be loaded.
            CheckpointError: a stored file is damaged.
        """
        required = required_bases(self._settings[name], self._settings)
        for other in (*(other for other in required if not self._stored(other)), name):
            settings, is_stored = self._settings[other], bool(self._stored(other))
            question = settings.model_dump_json(include=_QUESTION), is_stored
            if question in self._asked:
                continue
            if settings.distillation and settings.distillation.teacher in self._teachers:
                self.supervision(other)
                self.tuning_texts(other)
            if isinstance(settings.embedding, TeacherStart) and not is_stored:
                self._untrained(other)
            self._asked.add(question)

    def supervision(self, name: str) -> Supervision:
        """The texts and losses of a base's training, and of any fine-tuning of its variants."""
        if name not in self._supervision:
            self._supervision[name] = self._supervise(name, self._settings[name])
        return self._supervision[name]

    def _supervise(self, name: str, settings: BaseSettings) -> Supervision:
        if settings.distillation is None:
            return label_supervision(self._data.train)
        texts = self._training_texts(name)
        # One call for each group, so that stored outputs of a group serve other bases, too.
        logits = [
            self._teacher_logits(settings.distillation, name, group)
            for group in texts.groups
            if group.texts
        ]
        all_texts = [text for group in texts.groups for text in group.texts]
        further = all_texts[len(texts.labelled) :]
        return distillation(
            texts.labelled, torch.cat(logits), settings.distillation, augmented=further
        )

    def _training_texts(self, name: str) -> TrainingTexts:
        if name not in self._texts:
            self._texts[name] = TrainingTexts.of(self._settings[name], self._corpora)
        return self._texts[name]

    def tuning_texts(self, name: str) -> TuningTexts:
        """The dev texts on which the decisions of a base's variants are tuned.

        The soft labels of a base without a transformer as teacher are 0 or 1.
        """
        settings = self._settings[name]
        further = threshold_sources(settings, self._corpora)
        rest = 1 - sum(weight for _, weight in further.values())
        splits = {None: (self._data.dev, rest), **further}
        teacher = settings.distillation and self._teachers.get(settings.distillation.teacher)
        return TuningTexts.joined(
            [
                TuningPart(
                    split,
                    threshold_labels(teacher, split, head=head)
                    if teacher
                    else SoftLabels.of(split),
                    weight,
                )
                for head, (split, weight) in splits.items()
            ]
        )

    def _teacher_logits(
        self, settings: DistillationSettings, student: str, group: TextGroup
    ) -> Tensor:
        if settings.teacher in self._teachers:
            return self._teachers[settings.teacher].logits(group.texts, mix=group.mix)
        if settings.co_training is not None:
            teacher = self._co_trained(student).teacher
        else:
            teacher = self.checkpoint(settings.teacher)
        rows = encode_texts(group.texts, teacher.vocabulary)
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
        random = untrained_base(
            settings, self._data, key=self.key(name), further=self._further_words(name)
        )
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

    def _further_words(self, name: str) -> SoftLabels | None:
        """The texts that words are chosen from in addition to the training split."""
        settings = self._settings[name]
        if settings.distillation is None or not settings.further:
            return None
        texts = self._training_texts(name)
        parts = []
        for group in texts.groups[1 : texts.natural]:
            scores = torch.sigmoid(self._teacher_logits(settings.distillation, name, group))
            parts.append(SoftLabels(tuple(group.texts), to_numpy(scores).astype(np.float64)))
        return SoftLabels.joined(parts)

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

"""The bases of a recipe: trained when they are first needed, then kept in the checkpoint folder."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from compression.checkpoint import Checkpoint
from compression.cotrain import Pair, co_train
from compression.dataset import Dataset
from compression.distill import distillation
from compression.fit import Supervision, supervision
from compression.inference import encode_texts, logits_of
from compression.progress import say
from compression.settings import BaseSettings
from compression.train import begin, train


class Bases:
    """Gives the checkpoint of each base, its teacher's first where it has one."""

    def __init__(self, settings: Mapping[str, BaseSettings], data: Dataset, folder: Path) -> None:
        """Train nothing yet; `folder` is made when something is."""
        self._settings, self._data, self._folder = settings, data, folder
        self._supervision: dict[str, Supervision] = {}

    def settings(self, name: str) -> BaseSettings:
        """The settings of a base."""
        return self._settings[name]

    def key(self, name: str) -> str:
        """Digest of everything that decides how a base turns out, but for the machine."""
        settings = self._settings[name]
        own = settings.key(self._data)
        if settings.distillation is None:
            return own
        facts = f"{own} {self.key(settings.distillation.teacher)}"
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    def checkpoint(self, name: str) -> Checkpoint:
        """A trained base.

        Raises:
            CheckpointError: a file of the folder is damaged.
        """
        path = self._path(name, "safetensors")
        if path.exists():
            return Checkpoint.load(path)
        settings = self._settings[name]
        supervised = self.supervision(name)
        say(f"training base {name}")
        partial = self._path(name, "unfinished.safetensors")
        start = self._co_trained(name).student.state if _co_training(settings) else None
        checkpoint = train(
            settings,
            self._data,
            supervised,
            key=self.key(name),
            partial=partial,
            start=start,
        )
        checkpoint.save(path)
        partial.unlink(missing_ok=True)
        return checkpoint

    def supervision(self, name: str) -> Supervision:
        """Where a base's gradients come from, and those of whatever trains it further."""
        if name not in self._supervision:
            self._supervision[name] = self._supervise(self._settings[name], name)
        return self._supervision[name]

    def _supervise(self, settings: BaseSettings, name: str) -> Supervision:
        if settings.distillation is None:
            return supervision(self._data.train)
        if settings.distillation.co_training is None:
            teacher = self.checkpoint(settings.distillation.teacher)
        else:
            teacher = self._co_trained(name).teacher
        rows = encode_texts(self._data.train.texts, teacher.vocabulary)
        logits = logits_of(teacher.module(), rows).clone()  # out of inference mode
        return distillation(self._data.train, logits, settings.distillation)

    def _co_trained(self, name: str) -> Pair:
        """A base and its teacher after the step in which both learn."""
        paths = [self._path(name, f"co-{who}.safetensors") for who in Pair._fields]
        if all(path.exists() for path in paths):
            return Pair(*(Checkpoint.load(path) for path in paths))
        settings = self._settings[name].distillation
        assert settings is not None  # noqa: S101  # asked for bases with a teacher only
        student, teacher = (
            begin(self._settings[n], self._data, key=self.key(n)) for n in (name, settings.teacher)
        )
        say(f"training {name} and {settings.teacher} together")
        partial = self._path(name, "co-unfinished.safetensors")
        pair = co_train(student, teacher, self._data, settings, partial=partial)
        for checkpoint, path in zip(pair, paths, strict=True):
            checkpoint.save(path)
        partial.unlink(missing_ok=True)
        return pair

    def _path(self, name: str, ending: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{name}-{self.key(name)}.{ending}"


def _co_training(settings: BaseSettings) -> bool:
    return settings.distillation is not None and settings.distillation.co_training is not None

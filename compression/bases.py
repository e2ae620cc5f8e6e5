"""The bases of a recipe: trained when they are first needed, then kept in the checkpoint folder."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from compression.checkpoint import Checkpoint
from compression.dataset import Dataset
from compression.distill import distillation
from compression.fit import Objective, hard_labels
from compression.inference import encode_texts, logits_of
from compression.progress import say
from compression.settings import BaseSettings
from compression.train import train


class Bases:
    """Gives the checkpoint of each base, its teacher's first where it has one."""

    def __init__(self, settings: Mapping[str, BaseSettings], data: Dataset, folder: Path) -> None:
        """Train nothing yet; `folder` is made when something is."""
        self._settings, self._data, self._folder = settings, data, folder

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
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = f"{name}-{self.key(name)}"
        path = self._folder / f"{stem}.safetensors"
        if path.exists():
            return Checkpoint.load(path)
        objective = self._objective(self._settings[name])
        say(f"training base {name}")
        partial = self._folder / f"{stem}.unfinished.safetensors"
        checkpoint = train(
            self._settings[name],
            self._data,
            objective=objective,
            key=self.key(name),
            partial=partial,
        )
        checkpoint.save(path)
        partial.unlink(missing_ok=True)
        return checkpoint

    def _objective(self, settings: BaseSettings) -> Objective:
        if settings.distillation is None:
            return hard_labels(self._data.train)
        teacher = self.checkpoint(settings.distillation.teacher)
        rows = encode_texts(self._data.train.texts, teacher.vocabulary)
        logits = logits_of(teacher.module(), rows).clone()  # out of inference mode
        return distillation(self._data.train, logits, settings.distillation)

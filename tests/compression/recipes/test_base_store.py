"""Bases are trained once, after the bases and teachers that they need."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.recipes import base_store
from compression.recipes.base_store import BaseStore
from compression.settings import (
    BaseSettings,
    DistillationSettings,
    TransformerSettings,
)
from compression.training.inference import encode_texts, logits_of


@pytest.fixture
def student(base_settings: BaseSettings) -> BaseSettings:
    taught = DistillationSettings(teacher="teacher", weight=1.0)
    return base_settings.model_copy(update={"distillation": taught, "seed": 9})


def decisions(checkpoint: Checkpoint, dataset: Dataset) -> np.ndarray:
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    return logits_of(checkpoint.module(), rows).numpy() > 0


def test_a_student_of_weight_1_agrees_with_its_teacher(
    base_settings: BaseSettings, student: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    bases = BaseStore({"student": student, "teacher": base_settings}, Corpora(dataset), tmp_path)
    taught = bases.checkpoint("student")
    assert len(list(tmp_path.iterdir())) == 2
    agreement = decisions(taught, dataset) == decisions(bases.checkpoint("teacher"), dataset)
    assert agreement.mean() > 0.93


def test_a_base_is_trained_once(
    base_settings: BaseSettings,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = BaseStore({"a": base_settings}, Corpora(dataset), tmp_path).checkpoint("a")
    monkeypatch.setattr(base_store, "train", None)
    again = BaseStore({"a": base_settings}, Corpora(dataset), tmp_path).checkpoint("a")
    assert again.key == first.key
    assert again.words == first.words


def test_thresholds_are_tuned_on_labels_unless_a_transformer_teaches(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    store = BaseStore({"a": base_settings}, Corpora(dataset), tmp_path)
    np.testing.assert_array_equal(store.tuning_texts("a").soft_targets, dataset.dev.targets)


class FakeTeacher:
    """Stores what it is asked, as a transformer does, in a class attribute."""

    stored: ClassVar[set[tuple[object, ...]]] = set()
    key, blend_weight, runs = "k", 0.5, True

    def logits(self, texts: Sequence[str], *, mix: Mapping[str, float] | None = None) -> Tensor:
        self.ask("logits", tuple(texts), tuple((mix or {}).items()))
        return torch.tensor([[len(text) % 3 - 1.0] * 3 for text in texts])

    def word_vectors(self, words: Sequence[str], *, dim: int) -> dict[str, np.ndarray]:
        self.ask("words", tuple(words), dim)
        return {word: np.eye(dim, dtype=np.float32)[len(word) % dim] for word in words}

    def ask(self, *question: object) -> None:
        assert self.runs or question in self.stored
        self.stored.add(question)


def test_a_base_needs_no_transformer_after_its_teachers_were_asked(
    base_settings: BaseSettings,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base_store, "teacher_of", lambda *_, **__: FakeTeacher())
    monkeypatch.setattr(FakeTeacher, "stored", set())
    taught = {
        "distillation": {"teacher": "t"},
        "embedding": {"start": "teacher", "teacher": "t"},
        "augmentation": {"texts": 50},
        "further": [{"texts": "other", "mix": {"other": 0.5}, "thresholds": 0.25}],
    }
    student = {"distillation": {"teacher": "first"}, "embedding": taught["embedding"], "seed": 7}
    bases = {
        name: BaseSettings.model_validate(base_settings.model_dump() | table)
        for name, table in {"first": taught, "again": taught | {"seed": 6}, "last": student}.items()
    }
    other = Dataset(dataset.labels, {"train": dataset.dev, "dev": dataset.splits["test"]})
    transformer = TransformerSettings(model="m", sources=["other"])

    def store() -> BaseStore:
        corpora = Corpora(dataset, {"other": other})
        return BaseStore(bases, corpora, tmp_path, teachers={"t": transformer})

    asked = store()
    asked.ask_teachers("last")
    asked.ask_teachers("again")
    assert not list(tmp_path.iterdir())  # nothing was trained
    monkeypatch.setattr(FakeTeacher, "runs", False)
    trained = store()
    for name in ("last", "again"):
        trained.checkpoint(name)
        trained.supervision(name)
        trained.tuning_texts(name)
    assert {question[0] for question in FakeTeacher.stored} == {"logits", "words"}


def test_decisions_are_tuned_on_the_dev_splits_of_chosen_sources_too(
    base_settings: BaseSettings, student: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    table = student.model_dump() | {"further": [{"texts": "other", "thresholds": 0.25}]}
    settings = {"a": BaseSettings.model_validate(table), "teacher": base_settings}
    other = Dataset(dataset.labels, {"train": dataset.train, "dev": dataset.splits["test"]})
    store = BaseStore(settings, Corpora(dataset, {"other": other}), tmp_path)
    split, soft_targets, parts = vars(store.tuning_texts("a")).values()
    assert split.texts == dataset.dev.texts + other.dev.texts
    np.testing.assert_array_equal(split.targets, soft_targets)
    assert parts == [(len(dataset.dev), 0.75), (len(other.dev), 0.25)]
    assert store.tuning_texts("teacher").split.texts == dataset.dev.texts

"""Bases are trained once and stored under keys that depend on everything they are made from."""

from pathlib import Path

import numpy as np
import pytest

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.recipes import base_store
from compression.recipes.base_store import BaseStore
from compression.settings import BaseSettings, BaseStart, DistillationSettings, FileStart
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


def test_the_key_covers_the_teacher(
    base_settings: BaseSettings, student: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    other = base_settings.model_copy(update={"seed": 77})
    keys = {
        BaseStore({"student": student, "teacher": teacher}, Corpora(dataset), tmp_path).key(
            "student"
        )
        for teacher in (base_settings, other)
    }
    untaught = student.model_copy(update={"distillation": None})
    keys.add(BaseStore({"student": untaught}, Corpora(dataset), tmp_path).key("student"))
    assert len(keys) == 3


def test_the_key_covers_the_start_of_the_token_table(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    settings = {
        "file": base_settings.model_copy(update={"embedding": FileStart(start="file")}),
        "base": base_settings.model_copy(update={"embedding": BaseStart(start="base", base="a")}),
        "a": base_settings,
    }
    keys = []
    for content in ("x 1\n", "x 2\n"):
        path = tmp_path / "vectors.txt"
        path.write_text(content)
        store = BaseStore(settings, Corpora(dataset), tmp_path / "checkpoints", embeddings=path)
        keys += [store.key(name) for name in settings]
    assert len(set(keys)) == 4  # that of `file` changes
    assert not (tmp_path / "checkpoints").exists()


def test_thresholds_are_tuned_on_labels_unless_a_transformer_teaches(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    store = BaseStore({"a": base_settings}, Corpora(dataset), tmp_path)
    np.testing.assert_array_equal(store.threshold_labels("a").targets, dataset.dev.targets)


def test_decisions_are_tuned_on_the_dev_splits_of_chosen_sources_too(
    base_settings: BaseSettings, student: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    table = student.model_dump() | {"further": [{"texts": "other", "thresholds": True}]}
    settings = {"a": BaseSettings.model_validate(table), "teacher": base_settings}
    other = Dataset(dataset.labels, {"train": dataset.train, "dev": dataset.splits["test"]})
    store = BaseStore(settings, Corpora(dataset, {"other": other}), tmp_path)
    split, labels = store.tuning_split("a"), store.threshold_labels("a")
    assert split.texts == labels.texts == dataset.dev.texts + other.dev.texts
    np.testing.assert_array_equal(split.targets, labels.targets)
    assert store.tuning_split("teacher").texts == dataset.dev.texts

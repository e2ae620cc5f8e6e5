from pathlib import Path

import numpy as np
import pytest

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.recipes import base_store as keeping
from compression.recipes.base_store import Bases
from compression.settings import BaseSettings, DistillationSettings
from compression.training.inference import encode_texts, logits_of


@pytest.fixture
def student(base_settings: BaseSettings) -> BaseSettings:
    taught = DistillationSettings(teacher="teacher", weight=1.0)
    return base_settings.model_copy(update={"distillation": taught, "seed": 9})


def decisions(checkpoint: Checkpoint, dataset: Dataset) -> np.ndarray:
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    return logits_of(checkpoint.module(), rows).numpy() > 0


def test_a_student_learns_what_its_teacher_says_and_not_what_the_labels_say(
    base_settings: BaseSettings, student: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    bases = Bases({"student": student, "teacher": base_settings}, dataset, tmp_path)
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
    first = Bases({"a": base_settings}, dataset, tmp_path).checkpoint("a")
    monkeypatch.setattr(keeping, "train", None)
    again = Bases({"a": base_settings}, dataset, tmp_path).checkpoint("a")
    assert again.key == first.key
    assert again.words == first.words


def test_another_teacher_is_another_student(
    base_settings: BaseSettings, student: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    other = base_settings.model_copy(update={"seed": 77})
    keys = {
        Bases({"student": student, "teacher": teacher}, dataset, tmp_path).key("student")
        for teacher in (base_settings, other)
    }
    untaught = student.model_copy(update={"distillation": None})
    keys.add(Bases({"student": untaught}, dataset, tmp_path).key("student"))
    assert len(keys) == 3

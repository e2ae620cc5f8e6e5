"""Co-training of a student and a teacher."""

from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.recipes.base_store import BaseStore
from compression.settings import BaseSettings, CoTrainingSettings, DistillationSettings
from compression.training import trainer as trainer_module
from compression.training.inference import encode_texts, logits_of
from compression.training.trainer import Trainer


@pytest.fixture
def settings(base_settings: BaseSettings) -> dict[str, BaseSettings]:
    together = DistillationSettings(teacher="teacher", co_training=CoTrainingSettings())
    fewer = base_settings.vocabulary.model_copy(update={"max_words": 18})
    changes = {"distillation": together, "seed": 9, "vocabulary": fewer}
    return {"student": base_settings.model_copy(update=changes), "teacher": base_settings}


def files(folder: Path) -> set[str]:
    return {f"{p.name.split('-')[0]}.{p.name.split('.', 1)[1]}" for p in folder.iterdir()}


def test_both_train_and_then_the_student_alone(
    settings: dict[str, BaseSettings], dataset: Dataset, tmp_path: Path
) -> None:
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer_module, "log", lines.append)
        student = BaseStore(settings, Corpora(dataset), tmp_path).checkpoint("student")
    # Epoch by epoch both, then the student alone.
    names = [line.split()[0] for line in lines]
    together = names.index("epoch")
    assert together > 0
    assert names == ["student", "teacher"] * (together // 2) + ["epoch"] * (len(names) - together)
    assert files(tmp_path) == {
        "student.safetensors",
        "student.co-student.safetensors",
        "student.co-teacher.safetensors",
    }
    assert len(student.words) == 18
    rows = encode_texts(dataset.dev.texts, student.vocabulary)
    right = (logits_of(student.module(), rows).numpy() > 0) == dataset.dev.targets
    assert right.mean() > 0.8


def test_feedback_changes_the_teacher(
    settings: dict[str, BaseSettings], dataset: Dataset, tmp_path: Path
) -> None:
    teachers = []
    for feedback in (0.0, 0.5):
        student = settings["student"]
        assert student.distillation is not None
        co_training = CoTrainingSettings(feedback=feedback)
        taught = student.distillation.model_copy(update={"co_training": co_training})
        own = {**settings, "student": student.model_copy(update={"distillation": taught})}
        bases = BaseStore(own, Corpora(dataset), tmp_path / str(feedback))
        teachers.append(bases._co_trained("student").teacher.state["embedding"])
    assert not torch.equal(*teachers)
    assert np.isfinite(teachers[1].numpy()).all()


def test_an_interrupted_co_training_resumes_to_the_same_weights(
    settings: dict[str, BaseSettings],
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = BaseStore(settings, Corpora(dataset), tmp_path / "whole").checkpoint("student")
    original = Trainer.batches

    def interrupted(trainer: Trainer, *arguments: object, **named: object) -> object:
        if trainer.name == "teacher " and len(trainer.dev_f1) == 2:
            raise KeyboardInterrupt
        return original(trainer, *arguments, **named)

    bases = BaseStore(settings, Corpora(dataset), tmp_path / "cut")
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "batches", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bases.checkpoint("student")
    assert files(tmp_path / "cut") == {"student.co-unfinished.safetensors"}
    resumed = bases.checkpoint("student")
    assert all(torch.equal(resumed.state[name], t) for name, t in whole.state.items())

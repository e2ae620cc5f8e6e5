"""The training loop: each step, early stopping, and resumption."""

from pathlib import Path

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.settings import BaseSettings, TrainingSettings
from compression.training import trainer as trainer_module
from compression.training.base_training import train, untrained_base
from compression.training.inference import encode_texts
from compression.training.schedules import cosine_decay
from compression.training.supervision import hard_label_loss, label_supervision
from compression.training.trainer import Trainer
from edgemood.text.vocabulary import PlainVocabulary


def test_an_interrupted_training_resumes_to_the_same_weights(
    checkpoint: Checkpoint,
    base_settings: BaseSettings,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state_file = tmp_path / "p.safetensors"
    original = Trainer.train_epoch

    def interrupted(trainer: Trainer, *arguments: object) -> None:
        if len(trainer.dev_f1) == 2:
            raise KeyboardInterrupt
        original(trainer, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(
                untrained_base(base_settings, dataset, key="k"),
                label_supervision(dataset.train),
                dataset.dev,
                state_file=state_file,
            )
    assert state_file.exists()
    epochs = []
    monkeypatch.setattr(
        Trainer,
        "train_epoch",
        lambda trainer, *a: [epochs.append(len(trainer.dev_f1)), original(trainer, *a)],
    )
    resumed = train(
        untrained_base(base_settings, dataset, key="k"),
        label_supervision(dataset.train),
        dataset.dev,
        state_file=state_file,
    )
    assert epochs == [2, 3]
    assert all(torch.equal(resumed.state[name], t) for name, t in checkpoint.state.items())


def test_it_stops_early(dataset: Dataset, tmp_path: Path, base_settings: BaseSettings) -> None:
    frozen = TrainingSettings(epochs=30, learning_rate=1e-12, patience=2)
    settings = base_settings.model_copy(update={"training": frozen})
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer_module, "log", lines.append)
        train(
            untrained_base(settings, dataset, key="k"),
            label_supervision(dataset.train),
            dataset.dev,
            state_file=tmp_path / "p.safetensors",
        )
    assert len(lines) == 3


def test_the_average_is_warm_from_the_start_and_slow_at_the_end(
    base_settings: BaseSettings, dataset: Dataset
) -> None:
    slow = base_settings.training.model_copy(update={"ema_decay": 0.999})
    settings = base_settings.model_copy(update={"training": slow})
    trainer = Trainer(settings.model.build(rows=4, labels=3), slow, seed=0)
    with torch.no_grad():
        trainer.average["embedding"].fill_(0)
        trainer.network.embedding.fill_(1)
    trainer._update_average(step=0)
    assert trainer.average["embedding"].mean() == pytest.approx(0.9)
    trainer.average["embedding"].fill_(0)
    trainer._update_average(step=10**6)
    assert trainer.average["embedding"].mean() == pytest.approx(0.001, rel=1e-3)


def test_the_best_epoch_is_kept_not_the_last(base_settings: BaseSettings, dataset: Dataset) -> None:
    module = base_settings.model.build(rows=4, labels=3)
    trainer = Trainer(module, base_settings.training, seed=0)
    rows = encode_texts(dataset.dev.texts, PlainVocabulary(("happy", "sad", "it")))
    seen = iter([0.2, 0.9, 0.4])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer_module, "best_macro_f1", lambda *_: next(seen))
        patch.setattr(trainer_module, "log", lambda _: None)
        for value in (1.0, 2.0, 3.0):
            trainer.average["embedding"].fill_(value)
            trainer.evaluate(rows, dataset.dev)
    assert trainer.best["embedding"].mean() == 2
    assert trainer.dev_f1 == [0.2, 0.9, 0.4]


def test_the_learning_rate_of_the_schedule_reaches_the_optimizer(
    base_settings: BaseSettings, dataset: Dataset
) -> None:
    module = base_settings.model.build(rows=4, labels=3)
    trainer = Trainer(module, base_settings.training, seed=0)
    rows = [np.array([1, 2], dtype=np.int32)] * len(dataset.train)
    seen: list[float] = []
    step = trainer.optimizer.step
    trainer.optimizer.step = lambda: (seen.append(trainer.optimizer.param_groups[0]["lr"]), step())
    trainer.train_epoch(rows, hard_label_loss(dataset.train))
    steps = len(seen)
    expected = [
        cosine_decay(0.05, i / steps / 4, warmup=base_settings.training.warmup)
        for i in range(steps)
    ]
    assert seen == pytest.approx(expected)


def test_gradients_are_clipped(base_settings: BaseSettings) -> None:
    def step(norm: float | None) -> float:
        training = base_settings.training.model_copy(update={"gradient_norm": norm})
        torch.manual_seed(0)
        trainer = Trainer(base_settings.model.build(rows=4, labels=3), training, seed=0)
        trainer.optimizer_step(100 * (trainer.network.embedding**2).sum())
        return float(trainer.network.embedding.grad.norm())

    assert step(None) > 10
    assert step(0.5) == pytest.approx(0.5, rel=1e-4)
    assert step(1e9) == step(None)

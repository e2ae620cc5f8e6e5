"""The training loop: what it does at each step, and that it can be cut off."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.settings import BaseSettings, TrainingSettings
from compression.training import trainer as fitting
from compression.training.base_training import begin, train
from compression.training.inference import encode_texts
from compression.training.trainer import learning_rate, supervision
from edgemood.text.vocabulary import UNKNOWN, PlainVocabulary


def test_a_training_that_was_cut_off_goes_on_to_the_same_weights(
    checkpoint: Checkpoint,
    base_settings: BaseSettings,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    partial = tmp_path / "p.safetensors"
    original = fitting.Fit.epoch

    def power_cut(run: fitting.Fit, *arguments: object) -> None:
        if len(run.dev_f1) == 2:
            raise KeyboardInterrupt
        original(run, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(fitting.Fit, "epoch", power_cut)
        with pytest.raises(KeyboardInterrupt):
            train(
                begin(base_settings, dataset, key="k"),
                supervision(dataset.train),
                dataset.dev,
                partial=partial,
            )
    assert partial.exists()
    epochs = []
    monkeypatch.setattr(
        fitting.Fit, "epoch", lambda run, *a: (epochs.append(len(run.dev_f1)), original(run, *a))
    )
    resumed = train(
        begin(base_settings, dataset, key="k"),
        supervision(dataset.train),
        dataset.dev,
        partial=partial,
    )
    assert epochs == [2, 3]
    assert all(torch.equal(resumed.state[name], t) for name, t in checkpoint.state.items())


def test_it_stops_early(dataset: Dataset, tmp_path: Path, base_settings: BaseSettings) -> None:
    frozen = TrainingSettings(epochs=30, learning_rate=1e-12, patience=2)
    settings = base_settings.model_copy(update={"training": frozen})
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "say", lines.append)
        train(
            begin(settings, dataset, key="k"),
            supervision(dataset.train),
            dataset.dev,
            partial=tmp_path / "p.safetensors",
        )
    assert len(lines) == 3


def test_learning_rate() -> None:
    settings = TrainingSettings(learning_rate=2.0, warmup=0.2)
    assert learning_rate(settings, 0.0) == 0
    assert learning_rate(settings, 0.1) == 1
    assert learning_rate(settings, 0.2) == 2
    assert math.isclose(learning_rate(settings, 0.6), 1)
    assert math.isclose(learning_rate(settings, 1.0), 0, abs_tol=1e-12)


def first_batches(settings: BaseSettings, count: int = 2000) -> list[np.ndarray]:
    rows = [np.full(5, 3, dtype=np.int32)] * count
    batches = fitting.shuffled_batches(rows, settings.training, seed=0, epoch=0)
    return [batch.ids for _, batch in batches]


def test_words_are_dropped_at_the_rate_asked(base_settings: BaseSettings) -> None:
    ids = np.concatenate(first_batches(base_settings))
    assert (ids == UNKNOWN).mean() == pytest.approx(0.1, abs=0.01)


def test_the_average_is_warm_from_the_start_and_slow_at_the_end(
    base_settings: BaseSettings, dataset: Dataset
) -> None:
    slow = base_settings.training.model_copy(update={"ema_decay": 0.999})
    settings = base_settings.model_copy(update={"training": slow})
    run = fitting.Fit(settings.model.build(rows=4, labels=3), slow, seed=0)
    with torch.no_grad():
        run.average["embedding"].fill_(0)
        run.twin.embedding.fill_(1)
    run._average(step=0)
    assert run.average["embedding"].mean() == pytest.approx(0.9)
    run.average["embedding"].fill_(0)
    run._average(step=10**6)
    assert run.average["embedding"].mean() == pytest.approx(0.001, rel=1e-3)


def test_the_best_epoch_is_kept_not_the_last(base_settings: BaseSettings, dataset: Dataset) -> None:
    module = base_settings.model.build(rows=4, labels=3)
    run = fitting.Fit(module, base_settings.training, seed=0)
    rows = encode_texts(dataset.dev.texts, PlainVocabulary(("happy", "sad", "it")))
    seen = iter([0.2, 0.9, 0.4])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "best_macro_f1", lambda *_: next(seen))
        patch.setattr(fitting, "say", lambda _: None)
        for value in (1.0, 2.0, 3.0):
            run.average["embedding"].fill_(value)
            run.judge(rows, dataset.dev)
    assert run.best["embedding"].mean() == 2
    assert run.dev_f1 == [0.2, 0.9, 0.4]


def test_the_learning_rate_of_the_schedule_reaches_the_optimizer(
    base_settings: BaseSettings, dataset: Dataset
) -> None:
    module = base_settings.model.build(rows=4, labels=3)
    run = fitting.Fit(module, base_settings.training, seed=0)
    rows = [np.array([1, 2], dtype=np.int32)] * len(dataset.train)
    seen: list[float] = []
    step = run.optimizer.step
    run.optimizer.step = lambda: (seen.append(run.optimizer.param_groups[0]["lr"]), step())
    run.epoch(rows, fitting.hard_labels(dataset.train))
    steps = len(seen)
    expected = [learning_rate(base_settings.training, i / steps / 4) for i in range(steps)]
    assert seen == pytest.approx(expected)


def test_pooled_batches_hold_texts_of_similar_length(base_settings: BaseSettings) -> None:
    generator = np.random.default_rng(0)
    rows = [np.full(n, 3, dtype=np.int32) for n in generator.integers(1, 60, size=1000)]
    pooled = base_settings.training.model_copy(update={"pool": 10, "batch_size": 16})
    plain = pooled.model_copy(update={"pool": None})

    def spread(settings: TrainingSettings, epoch: int = 0) -> tuple[float, list[int]]:
        batches = list(fitting.shuffled_batches(rows, settings, seed=0, epoch=epoch))
        assert sorted(i for chosen, _ in batches for i in chosen) == list(range(1000))
        assert max(len(chosen) for chosen, _ in batches) == 16
        lengths = [np.ptp(batch.lengths) for _, batch in batches]
        return float(np.mean(lengths)), [int(batch.lengths[0]) for _, batch in batches]

    similar, first = spread(pooled)
    assert similar < 12
    assert spread(plain)[0] > 40
    assert first != sorted(first)  # batches are in random order
    assert first != spread(pooled, epoch=1)[1]


def test_long_gradients_are_shortened(base_settings: BaseSettings) -> None:
    def step(norm: float | None) -> float:
        training = base_settings.training.model_copy(update={"gradient_norm": norm})
        torch.manual_seed(0)
        run = fitting.Fit(base_settings.model.build(rows=4, labels=3), training, seed=0)
        run.descend(100 * (run.twin.embedding**2).sum())
        return float(run.twin.embedding.grad.norm())

    assert step(None) > 10
    assert step(0.5) == pytest.approx(0.5, rel=1e-4)
    assert step(1e9) == step(None)

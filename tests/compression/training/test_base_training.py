from pathlib import Path

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset, Split
from compression.errors import CheckpointError
from compression.settings import BaseSettings
from compression.training.base_training import begin, choose_words, train
from compression.training.inference import encode_texts, logits_of
from compression.training.trainer import supervision


def test_it_learns(checkpoint: Checkpoint, dataset: Dataset) -> None:
    rows = encode_texts(dataset.splits["test"].texts, checkpoint.vocabulary)
    predicted = logits_of(checkpoint.module(), rows).numpy() > 0
    assert (predicted == dataset.splits["test"].targets).mean() > 0.9


def test_same_seed_same_weights_and_another_seed_others(
    checkpoint: Checkpoint, base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    again = train(
        begin(base_settings, dataset, key="k"),
        supervision(dataset.train),
        dataset.dev,
        partial=tmp_path / "again.safetensors",
    )
    assert all(torch.equal(again.state[name], t) for name, t in checkpoint.state.items())
    other = base_settings.model_copy(update={"seed": 6})
    different = train(
        begin(other, dataset, key="k"),
        supervision(dataset.train),
        dataset.dev,
        partial=tmp_path / "other.safetensors",
    )
    assert not torch.equal(different.state["embedding"], again.state["embedding"])


def test_words_are_chosen_by_frequency() -> None:
    split = Split(("b b a", "b c c d"), np.zeros((2, 1), dtype=bool))
    settings = BaseSettings.model_validate({"vocabulary": {"min_count": 1, "max_words": 3}})
    assert choose_words(split, settings) == ("b", "c", "a")
    settings = BaseSettings.model_validate({"vocabulary": {"min_count": 2}})
    assert choose_words(split, settings) == ("b", "c")


def test_telling_words_may_come_before_frequent_ones() -> None:
    targets = np.array([[True], [True], [False], [False]])
    split = Split(("the yes", "the yes the", "the no", "the so no"), targets)
    vocabulary = {"min_count": 1, "max_words": 2}
    by_frequency = BaseSettings.model_validate({"vocabulary": vocabulary})
    assert choose_words(split, by_frequency) == ("the", "no")
    telling = BaseSettings.model_validate({"vocabulary": {**vocabulary, "by": "information"}})
    assert choose_words(split, telling) == ("no", "yes")


def test_a_damaged_unfinished_training_is_named(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    partial = tmp_path / "p.safetensors"
    partial.write_bytes(b"junk")
    with pytest.raises(CheckpointError, match=r"not an unfinished training.*delete it"):
        train(
            begin(base_settings, dataset, key="k"),
            supervision(dataset.train),
            dataset.dev,
            partial=partial,
        )

from pathlib import Path

import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.errors import CheckpointError
from compression.settings import BaseSettings
from compression.training.base_training import train, untrained_base
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import label_supervision


def test_it_learns(checkpoint: Checkpoint, dataset: Dataset) -> None:
    rows = encode_texts(dataset.splits["test"].texts, checkpoint.vocabulary)
    predicted = logits_of(checkpoint.module(), rows).numpy() > 0
    assert (predicted == dataset.splits["test"].targets).mean() > 0.9


def test_same_seed_same_weights_and_another_seed_others(
    checkpoint: Checkpoint, base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    again = train(
        untrained_base(base_settings, dataset, key="k"),
        label_supervision(dataset.train),
        dataset.dev,
        state_file=tmp_path / "again.safetensors",
    )
    assert all(torch.equal(again.state[name], t) for name, t in checkpoint.state.items())
    other = base_settings.model_copy(update={"seed": 6})
    different = train(
        untrained_base(other, dataset, key="k"),
        label_supervision(dataset.train),
        dataset.dev,
        state_file=tmp_path / "other.safetensors",
    )
    assert not torch.equal(different.state["embedding"], again.state["embedding"])


def test_a_damaged_unfinished_training_is_named(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    state_file = tmp_path / "p.safetensors"
    state_file.write_bytes(b"junk")
    with pytest.raises(CheckpointError, match=r"not an unfinished training.*delete it"):
        train(
            untrained_base(base_settings, dataset, key="k"),
            label_supervision(dataset.train),
            dataset.dev,
            state_file=state_file,
        )

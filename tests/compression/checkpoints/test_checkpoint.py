from pathlib import Path

import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.errors import CheckpointError
from compression.settings import BaseSettings


def test_checkpoint_round_trip(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    checkpoint.save(path)
    again = Checkpoint.load(path)
    assert (again.settings, again.key, again.labels, again.words) == (
        checkpoint.settings,
        checkpoint.key,
        checkpoint.labels,
        checkpoint.words,
    )
    assert all(torch.equal(again.state[name], t) for name, t in checkpoint.state.items())


@pytest.mark.parametrize("content", [b"", b"junk", b"\x02\0\0\0\0\0\0\0{}"])
def test_a_damaged_checkpoint(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"not a checkpoint.*delete it"):
        Checkpoint.load(path)


def test_the_key_follows_settings_and_data(base_settings: BaseSettings, dataset: Dataset) -> None:
    other = base_settings.model_copy(update={"seed": 99})
    fewer = Dataset(dataset.labels, {"train": dataset.dev, "dev": dataset.dev})
    keys = {
        base_settings.key(dataset.sha256),
        other.key(dataset.sha256),
        base_settings.key(fewer.sha256),
    }
    assert len(keys) == 3

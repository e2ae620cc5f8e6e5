from pathlib import Path

import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods.fine_tuned.low_rank import LowRank
from compression.settings import FineTuningSettings
from compression.training.supervision import label_supervision

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)


def test_low_rank_takes_the_rank_that_keeps_the_energy(
    checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path
) -> None:
    values = checkpoint.state["embedding"].double()
    squares = torch.linalg.svdvals(values) ** 2
    shares = torch.cumsum(squares, 0) / squares.sum()
    method = LowRank(energy=float(shares[1:3].mean()), training=BRIEF)
    artifact = method.compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
    )
    table = artifact.weights["embedding"]
    assert (table.encoding, table.rank) == ("factored", 3)
    assert table.energy == pytest.approx(float(shares[2]), abs=1e-4)
    whole = LowRank(energy=1.0, training=BRIEF)
    artifact = whole.compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
    )
    assert artifact.weights["embedding"].encoding == "dense"  # factors would be larger

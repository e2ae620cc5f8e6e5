from pathlib import Path

import numpy as np
import pytest

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods.fine_tuned.cqat import Cqat
from compression.settings import FineTuningSettings
from compression.training.supervision import label_supervision

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)


def test_sparse_clusters_keep_their_zeros(
    checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path
) -> None:
    method = Cqat(clusters=4, sparsity=0.75, training=BRIEF)
    artifact = method.compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
    )
    table = artifact.weights["embedding"]
    values = table.rows(np.arange(table.shape[0], dtype=np.int32))
    assert (values == 0).mean() == pytest.approx(0.75, abs=0.01)
    assert len(np.unique(values)) <= 4
    smallest = np.abs(checkpoint.state["embedding"].numpy())[values == 0]
    assert smallest.max() <= np.abs(checkpoint.state["embedding"].numpy())[values != 0].min()

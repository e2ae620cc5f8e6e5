from collections.abc import Callable

import numpy as np
import pytest

from compression.checkpoints.checkpoint import Checkpoint
from compression.methods.base import Method
from compression.methods.fine_tuned.prune import Prune
from compression.settings import FineTuningSettings
from edgemood import Artifact

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)


def test_a_share_of_each_matrix_is_zero(
    compress: Callable[[Method], Artifact], checkpoint: Checkpoint
) -> None:
    artifact = compress(Prune(sparsity=0.9, training=BRIEF))
    table = artifact.weights["embedding"]
    values = table.rows(np.arange(table.shape[0], dtype=np.int32))
    assert (values == 0).mean() == pytest.approx(0.9, abs=0.01)
    assert table.encoding == "sparse"
    assert artifact.weights["layers.0.bias"].encoding == "dense"

from collections.abc import Callable

import numpy as np

from compression.checkpoints.checkpoint import Checkpoint
from compression.methods.base import Method
from compression.methods.fine_tuned.qat import Qat
from compression.settings import FineTuningSettings
from edgemood import Artifact

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)


def test_every_row_has_a_scale_of_its_own(
    compress: Callable[[Method], Artifact], checkpoint: Checkpoint
) -> None:
    artifact = compress(Qat(bits=4, activations="none", training=BRIEF))
    rows, _ = checkpoint.state["embedding"].shape
    table = artifact.weights["embedding"]
    assert (table.encoding, table.settings()["bits"]) == ("integer", 4)
    assert len(np.unique(table.scale)) > rows // 2  # one scale per word

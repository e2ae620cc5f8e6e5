from pathlib import Path

import pytest
from pydantic import ValidationError

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods.fine_tuned.mixed import Mixed
from compression.settings import FineTuningSettings
from compression.training.supervision import label_supervision
from edgemood import Artifact

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)


def test_mixed_precision_gives_each_weight_its_bits(
    checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path
) -> None:
    def total(artifact: Artifact) -> int:
        return sum(
            artifact.stored_bytes[name]
            for name, weight in artifact.weights.items()
            if weight.encoding == "integer"
        )

    supervised = label_supervision(dataset.train)
    loose = Mixed(max_loss=0.1, widths=(8,), training=BRIEF)
    large = loose.compress(checkpoint, dataset, supervised, folder=tmp_path)
    budget = total(large) * 2 // 3
    tight = Mixed(max_bytes=budget, training=BRIEF)
    small = tight.compress(checkpoint, dataset, supervised, folder=tmp_path)
    assert total(small) <= budget < total(large)
    bits = {w.settings()["bits"] for w in small.weights.values() if w.encoding == "integer"}
    assert min(bits) < 8
    with pytest.raises(ValidationError, match="either max_bytes or max_loss"):
        Mixed()

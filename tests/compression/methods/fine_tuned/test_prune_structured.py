from pathlib import Path

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods.fine_tuned.prune_structured import PruneStructured
from compression.settings import FineTuningSettings
from compression.training.supervision import label_supervision

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)


def test_structured_pruning_leaves_a_smaller_network(
    checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path, architecture: str
) -> None:
    method = PruneStructured(units=0.5, words=0.25, bits=8, training=BRIEF)
    artifact = method.compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
    )
    assert len(artifact.vocabulary) - 1 == round(0.75 * len(checkpoint.words))
    before, after = checkpoint.settings.model.sizes, artifact.manifest.sizes
    if architecture == "bag":
        assert after["hidden"] == (before["hidden"][0] // 2,)
    else:
        assert (after["hidden"], after["head"]) == (3, (5,))
    assert {w.encoding for w in artifact.weights.values()} == {"integer", "dense"}

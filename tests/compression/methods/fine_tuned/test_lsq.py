from collections.abc import Callable

from compression.checkpoints.checkpoint import Checkpoint
from compression.methods.base import Method
from compression.methods.fine_tuned.lsq import Lsq
from compression.settings import FineTuningSettings
from edgemood import Artifact

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)


def test_tables_have_one_step_and_layers_one_per_row(
    compress: Callable[[Method], Artifact], checkpoint: Checkpoint
) -> None:
    artifact = compress(Lsq(bits=4, table_bits=3, activations="none", training=BRIEF))
    bits = {
        name: w.settings()["bits"]
        for name, w in artifact.weights.items()
        if w.encoding == "integer"
    }
    assert bits.pop("embedding") == 3
    assert set(bits.values()) == {4}
    assert artifact.weights["embedding"].scale.size == 1
    assert artifact.weights["layers.0.weight"].scale.size == 10

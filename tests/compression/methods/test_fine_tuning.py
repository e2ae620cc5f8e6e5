"""What all fine-tuned methods share: training, resumption and export."""

from pathlib import Path

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.methods.fine_tuned.apot import ApotMethod
from compression.methods.fine_tuned.cqat import Cqat
from compression.methods.fine_tuned.low_rank import LowRank
from compression.methods.fine_tuned.lsq import Lsq
from compression.methods.fine_tuned.mixed import Mixed
from compression.methods.fine_tuned.prune import Prune
from compression.methods.fine_tuned.prune_structured import PruneStructured
from compression.methods.fine_tuned.qat import Qat
from compression.methods.fine_tuning import FineTuned
from compression.methods.post_training.int8_static import Int8Static
from compression.networks import TrainableModel
from compression.recipes.base_store import BaseStore
from compression.settings import BaseSettings, BaseStart, FineTuningSettings
from compression.training.inference import encode_texts, logits_of
from compression.training.supervision import label_supervision
from compression.training.trainer import Trainer
from edgemood import Classifier
from edgemood.models.base import sigmoid

BRIEF = FineTuningSettings(epochs=1, batch_size=64, learning_rate=1e-3, ema_decay=0.5)
FINE_TUNED = {
    "qat": Qat(bits=4, activations="none", training=BRIEF),
    "qat 1": Qat(bits=1, activations="none", training=BRIEF),
    "lsq": Lsq(bits=3, activations="none", training=BRIEF),
    "cqat": Cqat(clusters=8, start="k-means++", activations="none", training=BRIEF),
    "cqat, sparse": Cqat(clusters=8, sparsity=0.5, activations="none", training=BRIEF),
    "apot": ApotMethod(bits=5, base_bits=2, activations="none", training=BRIEF),
    "apot, generalised": ApotMethod(estimator="generalised", activations="none", training=BRIEF),
    "lsq, small": Lsq(
        bits=5, table_bits=3, scales="matrices", bias_bits=16, activations="none", training=BRIEF
    ),
    "apot, small": ApotMethod(
        table_bits=4,
        table_base_bits=1,
        scales="matrices",
        bias_bits=16,
        activations="none",
        training=BRIEF,
    ),
    "prune": Prune(sparsity=0.6, training=BRIEF),
    "prune-structured": PruneStructured(training=BRIEF),
    "low-rank": LowRank(bits=8, training=BRIEF),
    "mixed": Mixed(max_loss=0.1, activations="none", training=BRIEF),
}
RESUMED = {
    **FINE_TUNED,
    "lsq, static": Lsq(bits=3, training=BRIEF),
    "qat, static": Qat(training=BRIEF),
    "cqat, dynamic": Cqat(clusters=8, activations="dynamic", training=BRIEF),
}
resumed = pytest.mark.parametrize("method", RESUMED.values(), ids=RESUMED.keys())


STATIC = {
    "qat": Qat(training=BRIEF),
    "lsq": Lsq(training=BRIEF),
    "cqat": Cqat(clusters=8, training=BRIEF),
    "apot": ApotMethod(training=BRIEF),
    "mixed": Mixed(max_loss=0.1, training=BRIEF),
}
AS_STORED = {**FINE_TUNED, **{f"{name}, static": method for name, method in STATIC.items()}}


@pytest.mark.parametrize("method", AS_STORED.values(), ids=AS_STORED.keys())
def test_the_artifact_scores_as_the_trained_network(
    method: FineTuned,
    checkpoint: Checkpoint,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    networks: list[TrainableModel] = []
    original = Trainer.run

    def run(self: Trainer, *arguments: object, **named: object) -> dict[str, torch.Tensor]:
        networks.append(self.network)
        return original(self, *arguments, **named)

    monkeypatch.setattr(Trainer, "run", run)
    artifact = method.compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
    )
    rows = encode_texts(dataset.dev.texts, artifact.vocabulary)
    if artifact.manifest.sizes.get("gate_bits") == 8:
        networks[0].integer_gates = True
    expected = sigmoid(logits_of(networks[0], rows).numpy())
    scores = Classifier(artifact).scores(dataset.dev.texts)
    np.testing.assert_allclose(scores, expected, atol=1e-5)


@resumed
def test_an_interrupted_training_resumes_to_the_same_bytes(
    method: FineTuned,
    checkpoint: Checkpoint,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twice = method.model_copy(update={"training": BRIEF.model_copy(update={"epochs": 2})})
    (tmp_path / "whole").mkdir()
    whole = twice.compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path / "whole"
    ).to_bytes()
    original = Trainer.train_epoch

    def interrupted(trainer: Trainer, *arguments: object) -> None:
        if trainer.dev_f1:
            raise KeyboardInterrupt
        original(trainer, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            twice.compress(checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path)
    assert len(list(tmp_path.glob("*.unfinished.safetensors"))) == 1
    assert (
        twice.compress(
            checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
        ).to_bytes()
        == whole
    )


@pytest.mark.parametrize("mode", ["none", "dynamic", "static"])
def test_activations_reach_the_layers(
    mode: str, checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path, architecture: str
) -> None:
    artifact = Lsq(activations=mode, training=BRIEF).compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
    )
    assert artifact.weights["layers.0.weight"].settings()["activations"] == mode
    if architecture == "gru":
        recurrent = artifact.weights["gru.0.hidden"].settings()["activations"]
        assert recurrent == ("none" if mode == "none" else "static")
        assert artifact.manifest.sizes["gate_bits"] == (32 if mode == "none" else 8)


def test_static_grids_do_not_follow_dropout(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    """Dropout of one half doubles the values it keeps in training, never in an artifact."""
    wild = base_settings.model_copy(
        update={"model": base_settings.model.model_copy(update={"dropout": 0.5})}
    )
    base = BaseStore({"wild": wild}, Corpora(dataset), tmp_path).checkpoint("wild")
    weak = FineTuningSettings(epochs=1, batch_size=8, learning_rate=1e-9)
    method, supervised = Lsq(bits=8, training=weak), label_supervision(dataset.train)
    trained = method.compress(base, dataset, supervised, folder=tmp_path)
    calibrated = Int8Static().compress(base, dataset, supervised, folder=tmp_path)
    for name, weight in trained.weights.items():
        if "input_scale" in weight.settings():
            expected = calibrated.weights[name].settings()["input_scale"]
            assert weight.settings()["input_scale"] <= 1.02 * expected


def test_frozen_tables_do_not_change(
    base_settings: BaseSettings, dataset: Dataset, tmp_path: Path
) -> None:
    start = BaseStart(start="base", base="whole", frozen=True)
    settings = {
        "whole": base_settings,
        "frozen": base_settings.model_copy(update={"embedding": start}),
    }
    base = BaseStore(settings, Corpora(dataset), tmp_path).checkpoint("frozen")
    strong = FineTuningSettings(epochs=2, batch_size=16, learning_rate=0.1, weight_decay=0.5)
    method = LowRank(rank=2, bits=32, training=strong)
    artifact = method.compress(base, dataset, label_supervision(dataset.train), folder=tmp_path)
    table = artifact.weights["embedding"]
    u, s, v = torch.linalg.svd(base.state["embedding"].double(), full_matrices=False)
    truncated = (u[:, :2] * s[:2]) @ v[:2]
    rows = table.rows(np.arange(table.shape[0], dtype=np.int32))
    np.testing.assert_allclose(rows, truncated, atol=1e-5)


def test_a_partial_training_table_keeps_the_methods_own_defaults() -> None:
    method = Lsq.model_validate({"training": {"epochs": 5}})
    assert (method.training.epochs, method.training.learning_rate) == (5, 1e-3)
    assert Lsq().training == FineTuningSettings()


@pytest.mark.parametrize(
    ("method", "encoding", "bits"),
    [
        (Qat(bits=4, training=BRIEF), "integer", 4),
        (Lsq(bits=2, training=BRIEF), "integer", 2),
        (Cqat(clusters=16, training=BRIEF), "codebook", 4),
        (ApotMethod(bits=5, training=BRIEF), "apot", 5),
    ],
    ids=lambda value: getattr(value, "method", value),
)
def test_tables_have_the_given_number_of_bits(
    method: FineTuned,
    encoding: str,
    bits: int,
    checkpoint: Checkpoint,
    dataset: Dataset,
    tmp_path: Path,
) -> None:
    table = method.compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
    ).weights["embedding"]
    assert table.encoding == encoding
    assert table.arrays()["packed"].shape == (table.shape[0], -(-table.shape[1] * bits // 8))


def test_tables_and_biases_may_have_other_widths_than_layers(
    checkpoint: Checkpoint, dataset: Dataset, tmp_path: Path
) -> None:
    for name, widths in (("lsq, small", {5, 3}), ("apot, small", {5, 4})):
        artifact = FINE_TUNED[name].compress(
            checkpoint, dataset, label_supervision(dataset.train), folder=tmp_path
        )
        entries = artifact.manifest.weights
        table = entries.pop("embedding")
        biases = {entries.pop(name).settings["bits"] for name in list(entries) if "bias" in name}
        layers = {entry.settings["bits"] for entry in entries.values()}
        assert ({table.settings["bits"]}, layers, biases) == ({min(widths)}, {max(widths)}, {16})
        # One scale per matrix.
        scales = [a for n, a in artifact.arrays().items() if n.endswith(("scale", "alpha"))]
        assert {scale.shape for scale in scales} == {(1,)}

from collections.abc import Callable

import numpy as np
import pytest
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods import Method
from compression.methods.post_training.int8_dynamic import Int8Dynamic
from compression.methods.post_training.int8_static import Int8Static
from compression.networks import Quantizer
from compression.quantizers.observers import OBSERVERS
from compression.training.inference import encode_texts, logits_of
from edgemood import Artifact, Classifier
from edgemood.encodings import Integer

Compress = Callable[[Method], Artifact]


def all_rows(weight: Integer) -> np.ndarray:
    return weight.rows(np.arange(weight.shape[0], dtype=np.int32))


def test_static_ranges_are_those_of_the_calibration_texts(
    checkpoint: Checkpoint, dataset: Dataset, compress: Compress
) -> None:
    artifact = compress(Int8Static())
    network = checkpoint.module()
    seen: list[torch.Tensor] = []

    class Recorder(Quantizer):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x)
            return x

    network.attach_input("layers.0.weight", Recorder())
    logits_of(network, encode_texts(dataset.train.texts, checkpoint.vocabulary))
    low, high = min(x.min() for x in seen), max(x.max() for x in seen)
    settings = artifact.weights["layers.0.weight"].settings()
    assert settings["input_scale"] == pytest.approx(float(high - low) / 255, rel=1e-5)
    # Outputs of a ReLU are not negative.
    assert artifact.weights["layers.1.weight"].settings()["input_zero_point"] == -128


def test_a_recurrent_state_has_its_fixed_grid(architecture: str, compress: Compress) -> None:
    for method in (Int8Dynamic(), Int8Static()):
        artifact = compress(method)
        recurrent = [w for name, w in artifact.weights.items() if name.endswith(".hidden")]
        assert len(recurrent) == (2 if architecture == "gru" else 0)
        for weight in recurrent:
            assert weight.settings()["input_scale"] == 1 / 128
            assert weight.settings()["input_zero_point"] == 0
        if recurrent:
            assert artifact.manifest.sizes["gate_bits"] == 8


def test_the_token_table_has_no_activations(compress: Compress) -> None:
    for method in (Int8Dynamic(), Int8Static()):
        table = compress(method).weights["embedding"]
        assert table.settings() == {"bits": 8, "activations": "none"}


def test_percentile_calibration_narrows_the_grids(compress: Compress) -> None:
    wide = compress(Int8Static())
    narrow = compress(Int8Static(weights="percentile", activations="percentile"))
    for name in ("layers.0.weight", "layers.1.weight"):
        assert (
            narrow.weights[name].settings()["input_scale"]
            < wide.weights[name].settings()["input_scale"]
        )
        assert (narrow.weights[name].scale < wide.weights[name].scale).all()
    assert np.abs(narrow.weights["layers.0.weight"].signed_codes()).max() == 127


def test_calibration_uses_the_given_number_of_texts(compress: Compress) -> None:
    one = compress(Int8Static(calibration_texts=1))
    all_ = compress(Int8Static())
    name = "layers.0.weight"
    assert (
        one.weights[name].settings()["input_scale"] < all_.weights[name].settings()["input_scale"]
    )


@pytest.mark.parametrize("calibrator", OBSERVERS)
def test_every_calibrator_keeps_the_decisions(
    calibrator: str, checkpoint: Checkpoint, dataset: Dataset, compress: Compress
) -> None:
    method = Int8Static(weights=calibrator, activations=calibrator)
    artifact = compress(method)
    scores = Classifier(artifact).scores(dataset.dev.texts)
    rows = encode_texts(dataset.dev.texts, checkpoint.vocabulary)
    expected = logits_of(checkpoint.module(), rows).numpy() > 0
    assert ((scores > 0.5) == expected).mean() > 0.9


@pytest.mark.parametrize("bits", [4, 2, 1])
def test_weights_of_fewer_bits(bits: int, checkpoint: Checkpoint, compress: Compress) -> None:
    for kind in (Int8Dynamic, Int8Static):
        method = kind(weight_bits=bits)
        artifact = compress(method)
        table = artifact.weights["embedding"]
        rows, dim = table.shape
        stored = sum(a.nbytes for a in table.arrays().values())
        assert stored == rows * (-(-dim * bits // 8) + 4)
        values, decoded = checkpoint.state["embedding"].numpy(), all_rows(table)
        if bits == 1:
            mean = np.abs(values).mean(axis=1, keepdims=True)
            np.testing.assert_allclose(decoded, np.where(values < 0, -mean, mean), rtol=1e-6)
        else:
            step = np.abs(values).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
            assert (np.abs(decoded - values) <= step / 2 + 1e-6).all()

from pathlib import Path

import numpy as np
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.methods.post_training.int8_dynamic import Int8Dynamic
from compression.training.supervision import label_supervision
from edgemood.encodings import Integer

NOWHERE = Path("/nowhere")
"""The method stores no unfinished work."""


def all_rows(weight: Integer) -> np.ndarray:
    return weight.rows(np.arange(weight.shape[0], dtype=np.int32))


def test_weights_are_torchs_per_channel_fake_quantization(
    checkpoint: Checkpoint, dataset: Dataset
) -> None:
    artifact = Int8Dynamic().compress(
        checkpoint, dataset, label_supervision(dataset.train), folder=NOWHERE
    )
    for name, role, values, _ in checkpoint.module().matrices():
        if role == "bias":
            continue
        scale = values.abs().amax(dim=1) / 127
        expected = torch.fake_quantize_per_channel_affine(
            values, scale, torch.zeros(len(scale), dtype=torch.int32), 0, -127, 127
        )
        np.testing.assert_allclose(all_rows(artifact.weights[name]), expected, atol=1e-6)


def test_codes_take_one_byte(checkpoint: Checkpoint, dataset: Dataset) -> None:
    table = (
        Int8Dynamic()
        .compress(checkpoint, dataset, label_supervision(dataset.train), folder=NOWHERE)
        .weights["embedding"]
    )
    rows, dim = table.shape
    assert sum(a.nbytes for a in table.arrays().values()) == rows * (dim + 4)

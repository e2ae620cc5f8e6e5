from collections.abc import Callable

import numpy as np
import torch

from compression.checkpoints.checkpoint import Checkpoint
from compression.methods import Method
from compression.methods.post_training.int8_dynamic import Int8Dynamic
from edgemood import Artifact
from edgemood.encodings import Integer

Compress = Callable[[Method], Artifact]


def all_rows(weight: Integer) -> np.ndarray:
    return weight.rows(np.arange(weight.shape[0], dtype=np.int32))


def test_weights_are_torchs_per_channel_fake_quantization(
    checkpoint: Checkpoint, compress: Compress
) -> None:
    artifact = compress(Int8Dynamic())
    for name, role, values, _ in checkpoint.module().matrices():
        if role == "bias":
            continue
        scale = values.abs().amax(dim=1) / 127
        expected = torch.fake_quantize_per_channel_affine(
            values, scale, torch.zeros(len(scale), dtype=torch.int32), 0, -127, 127
        )
        np.testing.assert_allclose(all_rows(artifact.weights[name]), expected, atol=1e-6)


def test_codes_take_one_byte(compress: Compress) -> None:
    table = compress(Int8Dynamic()).weights["embedding"]
    rows, dim = table.shape
    assert sum(a.nbytes for a in table.arrays().values()) == rows * (dim + 4)

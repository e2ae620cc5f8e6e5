from collections.abc import Callable

import numpy as np

from compression.checkpoints.checkpoint import Checkpoint
from compression.methods.base import Method
from compression.methods.post_training.fp16 import Fp16
from edgemood import Artifact


def test_every_weight_is_stored_in_16_bits(
    compress: Callable[[Method], Artifact], checkpoint: Checkpoint
) -> None:
    artifact = compress(Fp16())
    assert artifact.weights.keys() == checkpoint.state.keys()
    for matrix in checkpoint.module().matrices():
        weight = artifact.weights[matrix.name]
        rows = weight.rows(np.arange(len(matrix.values), dtype=np.int32))
        np.testing.assert_allclose(rows, matrix.values, rtol=2**-11, atol=1e-7)
        assert sum(array.nbytes for array in weight.arrays().values()) == rows.size * 2

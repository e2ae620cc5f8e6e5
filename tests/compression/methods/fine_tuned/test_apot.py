from collections.abc import Callable

import numpy as np
import pytest
from pydantic import ValidationError

from compression.checkpoints.checkpoint import Checkpoint
from compression.methods.base import Method
from compression.methods.fine_tuned.apot import ApotMethod
from compression.settings import FineTuningSettings
from edgemood import Artifact
from edgemood.encodings import Apot


def test_apot_widths_that_do_not_fit_are_refused_with_the_recipe() -> None:
    with pytest.raises(ValidationError, match="divides bits - 1"):
        ApotMethod(bits=5, base_bits=3)


@pytest.mark.parametrize("scales", ["rows", "matrices"])
def test_alpha_has_the_smallest_squared_error_of_the_candidates(
    compress: Callable[[Method], Artifact], checkpoint: Checkpoint, scales: str
) -> None:
    weak = FineTuningSettings(epochs=1, learning_rate=1e-9)
    weight = compress(ApotMethod(scales=scales, activations="none", training=weak)).weights[
        "layers.0.weight"
    ]
    values = checkpoint.state["layers.0.weight"].numpy()
    found = weight.rows(np.arange(len(values), dtype=np.int32))
    groups, largest = (values, np.abs(values).max(1, keepdims=True))
    if scales == "matrices":
        largest = np.full_like(largest, np.abs(values).max())
    for share in (0.3, 0.6, 1.0):
        other = Apot.encode(groups, largest * np.float32(share), bits=5, base_bits=2)
        error = (other.rows(np.arange(len(values), dtype=np.int32)) - values) ** 2
        assert ((found - values) ** 2).sum() <= error.sum() + 1e-6

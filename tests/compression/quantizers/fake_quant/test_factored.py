import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from compression.quantizers.fake_quant import (
    FactoredWeight,
    FloatWeight,
    MinMaxWeight,
)
from edgemood.quantization.input_quantization import InputQuantization


def random_weight(seed: int) -> torch.Tensor:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=generator.integers(1, 12, size=2)).astype(np.float32)
    values[generator.random(values.shape) < 0.1] = 0
    return torch.from_numpy(values)


@given(st.integers(0, 2**32 - 1))
def test_stored_factors_are_those_of_training(seed: int) -> None:
    values = random_weight(seed)
    rank = max(1, min(values.shape) - 1)
    quantizer = FactoredWeight(values, rank=rank, stored=lambda: MinMaxWeight(bits=6))
    stored = quantizer.encode(values, InputQuantization())
    rows = stored.rows(np.arange(len(values), dtype=np.int32))
    np.testing.assert_allclose(rows, quantizer(values).detach(), atol=1e-5)
    left = stored.left.rows(np.arange(len(values), dtype=np.int32))
    np.testing.assert_array_equal(left, MinMaxWeight(bits=6)(quantizer.left).detach())


def test_truncation_by_hand() -> None:
    # Singular values 4 and 3: rank one keeps 16 of 25.
    values = torch.tensor([[0.0, 4.0], [3.0, 0.0]])
    quantizer = FactoredWeight(values, rank=1, stored=lambda: FloatWeight(bits=32))
    torch.testing.assert_close(quantizer(values), torch.tensor([[0.0, 4.0], [0.0, 0.0]]))
    assert quantizer.encode(values, InputQuantization()).energy == 0.64
    quantizer(values).sum().backward()
    assert quantizer.left.grad is not None  # the factors are what is trained
    assert quantizer.right.grad is not None

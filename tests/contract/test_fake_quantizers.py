"""The contract of every weight quantizer: training computes with the stored values, bit for bit."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compression.quantizers import fake_quant
from compression.quantizers.fake_quant import (
    ApotWeight,
    ClusteredWeight,
    FactoredWeight,
    FloatWeight,
    LsqWeight,
    MinMaxWeight,
    PrunedWeight,
    WeightQuantizer,
    largest_magnitudes,
)
from edgemood.quantization.input_quantization import InputQuantization

Make = Callable[[torch.Tensor], WeightQuantizer]


def apot(bits: int, base_bits: int, *, learned_boundaries: bool = False) -> Make:
    def make(values: torch.Tensor) -> WeightQuantizer:
        alpha = 0.7 * values.abs().amax(1, keepdim=True) + 0.01
        quantizer = ApotWeight(
            alpha,
            bits=bits,
            base_bits=base_bits,
            size=values.numel(),
            learned_boundaries=learned_boundaries,
        )
        if quantizer.segments is not None:  # as after some training
            stretch = torch.linspace(0.6, 1.5, len(quantizer.segments.start))
            quantizer.segments.logarithm.data = torch.log(stretch)
        return quantizer

    return make


def clusters_with_mask(values: torch.Tensor) -> WeightQuantizer:
    mask = largest_magnitudes(values, 0.6).bool()
    return ClusteredWeight(torch.tensor([0.3, -1, 2, 0.0, -0.2]), mask=mask)


WEIGHTS: dict[str, Make] = {
    "float 32": lambda _: FloatWeight(bits=32),
    "float 16": lambda _: FloatWeight(bits=16),
    "min-max 1": lambda _: MinMaxWeight(bits=1),
    "lsq 1": lambda values: LsqWeight(values, bits=1, per_row=True),
    "clusters with a mask": clusters_with_mask,
    "min-max 8": lambda _: MinMaxWeight(bits=8),
    "min-max 3": lambda _: MinMaxWeight(bits=3),
    "lsq 4": lambda values: LsqWeight(values, bits=4, per_row=False),
    "lsq 2, per row": lambda values: LsqWeight(values, bits=2, per_row=True),
    "clusters 16": lambda _: ClusteredWeight(torch.linspace(-2, 2, 16)),
    "clusters 5, out of order": lambda _: ClusteredWeight(torch.tensor([0.3, -1, 2, 0.1, -0.2])),
    "pruned": lambda _: PrunedWeight(sparsity=0.7, bits=32, ramp=0.5).eval(),
    "pruned, half": lambda _: PrunedWeight(sparsity=0.4, bits=16, ramp=0.5).eval(),
    "apot 5, 2": apot(5, 2),
    "apot 4, 3": apot(4, 3),
    "apot 7, 2": apot(7, 2),
    "apot 2, 1": apot(2, 1),
    "apot 5, 2, learned boundaries": apot(5, 2, learned_boundaries=True),
    "apot 2, 1, learned boundaries": apot(2, 1, learned_boundaries=True),
}
weights = pytest.mark.parametrize("make", WEIGHTS.values(), ids=WEIGHTS.keys())


def random_weight(seed: int) -> torch.Tensor:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=generator.integers(1, 12, size=2)).astype(np.float32)
    values[generator.random(values.shape) < 0.1] = 0
    return torch.from_numpy(values)


@weights
@given(seed=st.integers(0, 2**32 - 1))
def test_stored_rows_are_the_values_of_the_forward_pass(make: Make, seed: int) -> None:
    values = random_weight(seed)
    quantizer = make(values)
    seen = quantizer(values.requires_grad_()).detach().numpy()
    stored = quantizer.encode(values.detach(), InputQuantization())
    rows = stored.rows(np.arange(len(values), dtype=np.int32))
    np.testing.assert_array_equal(rows, seen)


@weights
def test_the_weights_themselves_are_not_changed(make: Make) -> None:
    values = random_weight(1)
    before = values.clone()
    make(values)(values)
    assert torch.equal(values, before)


@weights
def test_gradients_reach_the_weights(make: Make) -> None:
    values = (random_weight(2) * 0.1).requires_grad_()
    make(values.detach())(values).sum().backward()
    assert values.grad is not None
    assert (values.grad != 0).float().mean() > 0.25


def test_every_quantizer_is_in_the_table() -> None:
    exported = {getattr(fake_quant, name) for name in fake_quant.__all__}
    kinds = {
        kind for kind in exported if isinstance(kind, type) and issubclass(kind, WeightQuantizer)
    }
    covered = {type(make(torch.ones(2, 2))) for make in WEIGHTS.values()}
    # The stored factors of a factored weight are exact, their product only nearly.
    assert kinds - {WeightQuantizer} == covered | {FactoredWeight}

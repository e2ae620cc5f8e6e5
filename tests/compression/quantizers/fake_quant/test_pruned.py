import pytest
import torch

from compression.quantizers.fake_quant import (
    PrunedWeight,
    largest_magnitudes,
)
from edgemood.quantization.input_quantization import InputQuantization


def test_the_smallest_magnitudes_are_pruned_on_a_cubic_schedule() -> None:
    quantizer = PrunedWeight(sparsity=0.5, bits=32, ramp=0.5).train()
    values = torch.tensor([[4.0, -1.0, 3.0, 0.5]], requires_grad=True)
    shares = []
    for progress in (0.0, 0.25, 0.5, 1.0):
        quantizer.set_progress(progress)
        shares.append(quantizer.share())
    assert shares == pytest.approx([0, 0.5 * (1 - 0.5**3), 0.5, 0.5])
    pruned = quantizer(values)
    assert pruned.tolist() == [[4, 0, 3, 0]]
    pruned.sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 0, 1, 0]]
    quantizer.set_progress(0.0)
    assert quantizer.share() == 0
    assert quantizer.eval().share() == 0.5  # epochs are evaluated at the stored sparsity


def test_pruned_weights_are_stored_sparse_only_if_that_is_smaller() -> None:
    values = torch.randn(8, 16)
    for sparsity, encoding in ((0.9, "sparse"), (0.01, "dense")):
        quantizer = PrunedWeight(sparsity=sparsity, bits=32, ramp=0.5)
        assert quantizer.encode(values, InputQuantization()).encoding == encoding


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7, 0.9])
def test_the_mask_has_the_given_share_of_zeros(share: float) -> None:
    kept = largest_magnitudes(torch.randn(10), 1 - share)
    assert int((kept == 0).sum()) == round(share * 10)

import numpy as np
import pytest
import torch

from compression.quantizers.fake_quant import LsqWeight
from compression.quantizers.fake_quant.base import Positive, scaled_gradient, straight_through


def test_adam_changes_large_and_small_numbers_by_the_same_share() -> None:
    for size in (1e-2, 1.0, 1e3):
        values = size * torch.randn(8, 9, generator=torch.Generator().manual_seed(7))
        quantizer = LsqWeight(values, bits=4, per_row=False)
        before = quantizer.step().item()
        optimizer = torch.optim.Adam(quantizer.parameters(), lr=1e-2)
        (quantizer(values) - 2 * values).pow(2).sum().backward()
        optimizer.step()
        assert abs(np.log(quantizer.step().item() / before)) == pytest.approx(1e-2, rel=0.05)


def test_straight_through_has_the_quantized_value_and_the_gradient_of_x() -> None:
    x = torch.tensor([0.3, -1.7], requires_grad=True)
    (straight_through(torch.round(x), x) * torch.tensor([2.0, 3.0])).sum().backward()
    assert straight_through(torch.round(x), x).tolist() == [0, -2]
    assert x.grad is not None
    assert x.grad.tolist() == [2, 3]


def test_scaled_gradient_changes_the_gradient_only() -> None:
    x = torch.tensor([0.3], requires_grad=True)
    scaled = scaled_gradient(x, 0.25)
    scaled.backward()
    assert torch.equal(scaled.detach(), x.detach())
    assert x.grad is not None
    assert x.grad.tolist() == [0.25]


def test_a_positive_number_stays_positive() -> None:
    number = Positive(torch.tensor([0.0, 2.0]))
    assert (number() > 0).all()
    number.logarithm.data.fill_(-20)
    assert (number() > 0).all()

import pytest
import torch

from compression.quantizers.fake_quant import ApotWeight


def test_apot_gradients_by_hand() -> None:
    # 3 bits, base 2: levels 0, 1/4, 1/2, 1. Inside, q - w/alpha; outside, the sign.
    values = torch.tensor([[0.8, 1.2, -7.0, 5.0]], requires_grad=True)
    quantizer = ApotWeight(torch.full((1, 1), 2.0), bits=3, base_bits=2, size=4)
    seen = quantizer(values)
    assert seen.tolist() == [[1.0, 1.0, -2.0, 2.0]]
    (seen * torch.tensor([[1.0, 10.0, 100.0, 1000.0]])).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 10, 0, 0]]
    raw = (0.5 - 0.4) + 10 * (0.5 - 0.6) - 100 + 1000
    assert quantizer.alpha.logarithm.grad is not None  # d alpha / d log alpha is alpha, here 2
    learned = quantizer.alpha.logarithm.grad.item()
    assert learned == pytest.approx(2 * raw / (4 * 3) ** 0.5, rel=1e-5)


def test_the_generalised_estimator_by_hand() -> None:
    # 3 bits, base 2: levels 0, 1/4, 1/2, 1. The second segment is half as long as its levels are
    # apart: it runs from 1/4 to 3/8, its boundary is 5/16, and the line's slope on it is 2.
    values = torch.tensor([[0.3, -0.35, 0.1, 3.0]], requires_grad=True)
    quantizer = ApotWeight(torch.ones(1, 1), bits=3, base_bits=2, size=4, learned_boundaries=True)
    assert quantizer.segments is not None
    quantizer.segments.start[1] = 1 / 8
    seen = quantizer(values)
    assert seen.tolist() == [[0.25, -0.5, 0.0, 1.0]]
    seen.sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[2, 2, 1, 0]]
    # d/da_1 of the line on its own segment is -gap (m - d) / a**2; d/da_0 is -slope.
    own = -0.25 * ((0.3 - 0.25) - (0.35 - 0.25)) / (1 / 8) ** 2
    first = -2 + 2 - 1 * 0.1 / 0.25
    expected = [first / 4, own / 8, 0]  # d a / d log a is a
    assert quantizer.segments.logarithm.grad is not None
    assert quantizer.segments.logarithm.grad.tolist() == pytest.approx(expected, abs=1e-5)


def test_with_segments_as_long_as_the_gaps_it_is_the_plain_estimator() -> None:
    values = torch.randn(8, 9, generator=torch.Generator().manual_seed(3))
    gradients = []
    for learned in (False, True):
        leaf = values.clone().requires_grad_()
        quantizer = ApotWeight(
            torch.full((1, 1), 0.8), bits=5, base_bits=2, size=9, learned_boundaries=learned
        )
        (quantizer(leaf) * torch.arange(leaf.numel()).reshape(leaf.shape)).sum().backward()
        assert leaf.grad is not None
        assert quantizer.alpha.logarithm.grad is not None
        gradients.append((leaf.grad, quantizer.alpha.logarithm.grad))
    torch.testing.assert_close(gradients[0], gradients[1])

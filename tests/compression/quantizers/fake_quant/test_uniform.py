import numpy as np
import pytest
import torch

from compression.networks import Matrix
from compression.quantizers.fake_quant import (
    FloatWeight,
    LsqWeight,
    MinMaxWeight,
    WeightQuantizer,
    plain_quantizer,
)
from compression.quantizers.post_training import quantize_matrix
from edgemood.quantization.input_quantization import InputQuantization


def test_lsq_gradients_by_hand() -> None:
    # Step 1, 3 bits, Qp = 3: inside, round(v) - v; outside, the end of the range.
    values = torch.tensor([[0.4, 1.6, -5.0, 9.0]], requires_grad=True)
    quantizer = LsqWeight(torch.ones(1, 4), bits=3, per_row=False)
    quantizer.step.start.fill_(1.0)
    quantizer(values).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 1, 0, 0]]
    expected = ((0 - 0.4) + (2 - 1.6) - 3 + 3) / (4 * 3) ** 0.5
    assert quantizer.step.logarithm.grad is not None  # d s / d log s is s, here 1
    assert quantizer.step.logarithm.grad.item() == pytest.approx(expected, abs=1e-6)


def test_lsq_starts_with_the_step_of_the_paper() -> None:
    values = torch.tensor([[1.0, -3.0], [0.5, 0.5]])
    assert LsqWeight(values, bits=4, per_row=False).step().item() == pytest.approx(
        2 * 1.25 / 7**0.5
    )
    per_row = LsqWeight(values, bits=4, per_row=True).step().ravel().tolist()
    assert per_row == pytest.approx([2 * 2 / 7**0.5, 2 * 0.5 / 7**0.5])


def test_one_bit_by_hand() -> None:
    # The scale is the mean magnitude, 2; signs with 1 for 0.
    values = torch.tensor([[1.0, -3.0, 0.0, 4.0]], requires_grad=True)
    assert MinMaxWeight(bits=1)(values).tolist() == [[2, -2, 2, 2]]
    quantizer = LsqWeight(values, bits=1, per_row=True)
    assert quantizer.step().item() == 2
    quantizer(values).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 0, 1, 0]]  # none beyond one step
    # Inside, sign(v) - v / s: 1 - 0.5 and 1 - 0; outside, the sign: -1 and 1.
    assert quantizer.step.logarithm.grad is not None  # times the step, 2
    assert quantizer.step.logarithm.grad.item() == pytest.approx(2 * 1.5 / (4 * 1) ** 0.5)


def test_one_bit_keeps_a_row_of_zeros_nearly_zero() -> None:
    values = torch.tensor([[0.0, 0.0], [1.0, -1.0]])
    for quantizer in (MinMaxWeight(bits=1), LsqWeight(values, bits=1, per_row=True)):
        seen = quantizer(values).detach()
        assert seen[0].abs().max() < 1e-20
        assert seen[1].tolist() == [1, -1]
    matrix = Matrix("embedding", "table", values)
    stored = quantize_matrix(matrix, bits=1, calibrator="min-max", activations=InputQuantization())
    assert np.abs(stored.rows(np.zeros(1, np.int32))).max() < 1e-20


@pytest.mark.parametrize("bits", [32, 16])
def test_floating_point_weights_refuse_quantized_inputs(bits: int) -> None:
    with pytest.raises(ValueError, match="float32"):
        FloatWeight(bits=bits).encode(torch.ones(2, 2), InputQuantization("dynamic"))


@pytest.mark.parametrize(
    ("bits", "kind"), [(32, FloatWeight), (16, FloatWeight), (8, MinMaxWeight)]
)
def test_the_plain_quantizer_of_a_width(bits: int, kind: type[WeightQuantizer]) -> None:
    assert isinstance(plain_quantizer(bits), kind)

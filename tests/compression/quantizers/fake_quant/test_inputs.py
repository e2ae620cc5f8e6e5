import numpy as np
import pytest
import torch

from compression.quantizers.fake_quant import (
    DynamicInput,
    InputQuantizer,
    StaticInput,
)


@pytest.mark.parametrize("kind", [StaticInput, DynamicInput])
def test_inputs_are_quantized_as_at_run_time(kind: type[InputQuantizer]) -> None:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32))
    quantizer = kind().train()
    quantizer(x)
    seen = quantizer.eval()(x).numpy()
    stored = quantizer.input_quantization().fake_quantize(x.numpy())
    np.testing.assert_allclose(stored, seen, atol=1e-6)
    assert np.abs(seen - x.numpy()).max() > 1e-4


def test_a_static_range_follows_training_batches_only() -> None:
    quantizer = StaticInput().train()
    quantizer(torch.tensor([[-1.0, 1.0]]))
    for _ in range(1000):
        quantizer(torch.tensor([[-4.0, 8.0]]))
    assert float(quantizer.high) == pytest.approx(8, abs=0.01)
    assert float(quantizer.low) == pytest.approx(-4, abs=0.01)
    quantizer.eval()(torch.tensor([[-99.0, 99.0]]))
    assert float(quantizer.high) == pytest.approx(8, abs=0.01)


def test_inputs_outside_the_range_have_no_gradient() -> None:
    quantizer = StaticInput().train()
    quantizer(torch.tensor([[-1.0, 1.0]]))
    x = torch.tensor([[0.3, 5.0, -5.0]], requires_grad=True)
    quantizer.eval()(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1, 0, 0]]

import numpy as np
import torch

from compression.quantizers.fake_quant import (
    ClusteredWeight,
    largest_magnitudes,
)
from edgemood.quantization.input_quantization import InputQuantization


def test_a_centroids_gradient_is_the_sum_of_its_weights() -> None:
    # dL/dc_k = sum_i dL/dw_i 1(I_i = k), with gradients 1, 2, 3, 4.
    values = torch.tensor([[0.1, 0.9], [-0.2, 1.1]], requires_grad=True)
    quantizer = ClusteredWeight(torch.tensor([0.0, 1.0]))
    (quantizer(values) * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert quantizer.centroids.grad is not None
    assert quantizer.centroids.grad.tolist() == [1 + 3, 2 + 4]
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 2], [3, 4]]


def test_masked_weights_have_neither_value_nor_gradient() -> None:
    values = torch.tensor([[0.1, 0.9], [-0.8, 1.1]], requires_grad=True)
    mask = torch.tensor([[False, True], [True, True]])
    quantizer = ClusteredWeight(torch.tensor([-1.0, 1.0]), mask=mask)
    seen = quantizer(values)
    assert seen.tolist() == [[0, 1], [-1, 1]]
    (seen * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[0, 2], [3, 4]]
    assert quantizer.centroids.grad is not None
    assert quantizer.centroids.grad.tolist() == [3, 6]


def test_masked_clusters_use_the_smaller_encoding() -> None:
    values = torch.randn(64, 64)
    for share, encoding in ((0.05, "sparse-codebook"), (0.95, "codebook")):
        mask = largest_magnitudes(values, share).bool()
        quantizer = ClusteredWeight(torch.linspace(-2, 2, 7), mask=mask)
        assert quantizer.encode(values, InputQuantization()).encoding == encoding


def test_a_matrix_of_zeros_can_be_clustered_sparsely() -> None:
    values = torch.zeros(3, 4)
    mask = torch.zeros(3, 4).bool()
    quantizer = ClusteredWeight(torch.zeros(2), mask=mask)
    stored = quantizer.encode(values, InputQuantization())
    assert not stored.rows(np.arange(3, dtype=np.int32)).any()

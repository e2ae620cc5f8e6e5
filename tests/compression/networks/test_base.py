"""Named weights and attached quantizers, for every architecture."""

import pytest
import torch
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.dataset import Dataset
from compression.networks import TABLE, Quantizer
from compression.training.inference import encode_texts, logits_of


class Zero(Quantizer):
    """Replaces a value by zeros and counts the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return torch.zeros_like(x)


def test_matrices_are_the_weights_with_biases_as_rows(checkpoint: Checkpoint) -> None:
    matrices = {matrix.name: matrix for matrix in checkpoint.module().matrices()}
    assert matrices.keys() == checkpoint.state.keys()
    for name, matrix in matrices.items():
        assert matrix.values.ndim == 2
        assert torch.equal(matrix.values.flatten(), checkpoint.state[name].flatten())
        assert (matrix.role == "bias") == (len(checkpoint.state[name].shape) == 1)
        assert (matrix.role == "table") == (name == TABLE)
        assert matrix.trained


def test_a_frozen_weight_is_not_trained(checkpoint: Checkpoint) -> None:
    network = checkpoint.module()
    network.embedding.requires_grad_(False)
    assert [m.name for m in network.matrices() if not m.trained] == [TABLE]


def test_the_forward_pass_uses_every_weight_through_its_quantizer(
    checkpoint: Checkpoint, dataset: Dataset
) -> None:
    rows = encode_texts(dataset.dev.texts[:5], checkpoint.vocabulary)
    for matrix in checkpoint.module().matrices():
        network, quantizer = checkpoint.module(), Zero()
        assert network.weight_quantizer(matrix.name) is None
        network.attach_weight(matrix.name, quantizer)
        assert network.weight_quantizer(matrix.name) is quantizer
        assert list(network.quantizers()) == [quantizer]
        assert [m.name for m in network.matrices()] == list(checkpoint.state)
        expected = checkpoint.trained(
            {**checkpoint.state, matrix.name: torch.zeros_like(checkpoint.state[matrix.name])}
        )
        torch.testing.assert_close(logits_of(network, rows), logits_of(expected.module(), rows))
        assert quantizer.calls == 1


def test_products_use_their_input_through_its_quantizer(
    checkpoint: Checkpoint, dataset: Dataset
) -> None:
    rows = encode_texts(dataset.dev.texts[:5], checkpoint.vocabulary)
    for matrix in checkpoint.module().matrices():
        if matrix.role != "weight":
            continue
        network, quantizer = checkpoint.module(), Zero()
        network.attach_input(matrix.name, quantizer)
        assert list(network.quantizers()) == [quantizer]
        expected = checkpoint.trained(
            {**checkpoint.state, matrix.name: torch.zeros_like(checkpoint.state[matrix.name])}
        )
        torch.testing.assert_close(logits_of(network, rows), logits_of(expected.module(), rows))
        assert quantizer.calls == 1


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_active_in_training_only(
    checkpoint: Checkpoint, dataset: Dataset, training: bool
) -> None:
    network = checkpoint.module().train(training)
    (ids,) = encode_texts(dataset.dev.texts[:1], checkpoint.vocabulary)
    batch = torch.from_numpy(ids), torch.tensor([len(ids)])
    torch.manual_seed(0)
    outputs = [network(*batch) for _ in range(8)]
    assert all(torch.equal(outputs[0], other) for other in outputs) != training

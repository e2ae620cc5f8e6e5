import numpy as np
import pytest
import torch

from compression.networks import Matrix, Role
from compression.quantizers.post_training import RECURRENT_STATE, quantize_matrix
from edgemood.encodings import Dense, Integer
from edgemood.quantization.input_quantization import InputQuantization

VALUES = torch.tensor([[1.0, -0.5, 0.25], [0.0, 2.0, -4.0]])


@pytest.mark.parametrize("bits", [8, 4])
def test_codes_are_within_half_a_step_of_the_weights(bits: int) -> None:
    stored = quantize_matrix(
        Matrix("w", "weight", VALUES),
        bits=bits,
        calibrator="min-max",
        activations=InputQuantization("dynamic"),
    )
    assert isinstance(stored, Integer)
    steps = np.array([[1.0], [4.0]]) / (2 ** (bits - 1) - 1)
    rows = stored.rows(np.arange(2, dtype=np.int32))
    assert (np.abs(rows - VALUES.numpy()) <= steps / 2 + 1e-6).all()


@pytest.mark.parametrize(
    ("role", "given", "stored"),
    [
        ("weight", "dynamic", "dynamic"),
        ("table", "dynamic", "none"),
        ("recurrent", "dynamic", "static"),
        ("recurrent", "none", "none"),
    ],
)
def test_the_role_decides_the_quantization_of_inputs(role: Role, given: str, stored: str) -> None:
    matrix = Matrix("w", role, VALUES)
    weight = quantize_matrix(
        matrix, bits=8, calibrator="min-max", activations=InputQuantization(given)
    )
    assert weight.settings()["activations"] == stored


def test_recurrent_states_lie_between_minus_one_and_one() -> None:
    assert float(RECURRENT_STATE.grid.scale) == 1 / 128


def test_biases_stay_float32() -> None:
    bias = Matrix("b", "bias", VALUES[:1])
    stored = quantize_matrix(
        bias, bits=8, calibrator="min-max", activations=InputQuantization("dynamic")
    )
    assert isinstance(stored, Dense)
    np.testing.assert_array_equal(stored.rows(np.zeros(1, np.int32)), VALUES[:1])

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from compression.networks import GruSettings
from compression.networks.gru import Gru

LENGTHS = (3, 1, 5, 3)


def oracle(network: Gru, directions: int) -> nn.GRU:
    """torch.nn.GRU with the network's weights."""
    gru = nn.GRU(4, 3, bidirectional=directions == 2)
    for i in range(directions):
        suffix = "_l0" + "_reverse" * i
        for name, torch_name in (("input", "weight_ih"), ("hidden", "weight_hh")):
            weight = nn.Parameter(network.get_parameter(f"gru.{i}.{name}"))
            setattr(gru, torch_name + suffix, weight)
            bias = network.get_parameter(f"gru.{i}.{name}_bias")
            setattr(gru, torch_name.replace("weight", "bias") + suffix, nn.Parameter(bias))
    return gru


@pytest.mark.parametrize("directions", [1, 2])
def test_it_computes_what_torch_computes(directions: int) -> None:
    torch.manual_seed(0)
    settings = GruSettings(dim=4, hidden=3, directions=directions, head=())
    network = settings.build(rows=7, labels=2).eval()
    ids = torch.randint(0, 7, (sum(LENGTHS),))
    texts = [network.embedding[text] for text in ids.split(LENGTHS)]
    _, last = oracle(network, directions)(pack_sequence(texts, enforce_sorted=False))
    state = torch.cat(list(last), dim=1)
    expected = network.layers.run(network, state)
    torch.testing.assert_close(network(ids, torch.tensor(LENGTHS)), expected)


def test_recurrent_weights_have_a_role_of_their_own() -> None:
    network = GruSettings(dim=4, hidden=3, directions=2, head=(5,)).build(rows=7, labels=2)
    roles = {matrix.name: matrix.role for matrix in network.matrices()}
    assert [name for name, role in roles.items() if role == "recurrent"] == [
        "gru.0.hidden",
        "gru.1.hidden",
    ]
    assert roles["gru.0.input"] == roles["layers.0.weight"] == "weight"
    assert roles["gru.0.hidden_bias"] == "bias"


def test_folding_removes_the_input_weights() -> None:
    settings = GruSettings(dim=20, hidden=3, directions=2, head=(5,))
    folded, state = settings.fold(settings.build(rows=7, labels=2).state_dict())
    assert folded.sizes["dim"] == state["embedding"].shape[1] == 2 * 3 * 3
    assert folded.sizes["folded"] == 1
    network = folded.build(rows=7, labels=2)
    network.load_state_dict(state)
    assert folded.with_units("gru.1", 2).dim == 2 * 3 * 2


def test_integer_gates_have_8_bits() -> None:
    settings = GruSettings()
    assert settings.integer_sizes == {**settings.sizes, "gate_bits": 8}

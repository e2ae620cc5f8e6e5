import pytest
import torch

from compression.networks import BagSettings


def test_texts_are_means_of_their_word_vectors() -> None:
    network = BagSettings(dim=2, hidden=(), dropout=0.0).build(rows=3, labels=2)
    state = {
        "embedding": torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 8.0]]),
        "layers.0.weight": torch.eye(2),
        "layers.0.bias": torch.tensor([0.0, 1.0]),
    }
    network.load_state_dict(state)
    found = network(torch.tensor([1, 2, 2, 0]), torch.tensor([3, 1]))
    torch.testing.assert_close(found, torch.tensor([[7 / 3, 7.0], [0.0, 1.0]]))


@pytest.mark.parametrize("hidden", [(5, 4), (5,), ()])
def test_folding_removes_the_first_layer(hidden: tuple[int, ...]) -> None:
    settings = BagSettings(dim=6, hidden=hidden)
    state = settings.build(rows=9, labels=3).state_dict()
    folded, folded_state = settings.fold(state)
    assert folded.sizes == {"dim": (*hidden, 3)[0], "hidden": hidden, "folded": 1}
    network = folded.build(rows=9, labels=3)
    assert network.state_dict().keys() == folded_state.keys()
    network.load_state_dict(folded_state)
    assert len(network.layers) == len(hidden)


def test_the_table_of_a_folded_bag_is_its_first_hidden_layer() -> None:
    folded = BagSettings(dim=5, hidden=(5, 4), folded=True)
    layers = [group.layer for group in folded.build(rows=9, labels=3).unit_groups()]
    assert layers == ["embedding", "0"]
    assert folded.with_units("embedding", 2).sizes == {"dim": 2, "hidden": (2, 4), "folded": 1}
    assert folded.with_units("0", 2).sizes == {"dim": 5, "hidden": (5, 2), "folded": 1}
    assert BagSettings(hidden=(5, 4)).with_units("0", 2).hidden == (2, 4)

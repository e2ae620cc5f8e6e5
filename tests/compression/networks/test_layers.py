import numpy as np
import torch

from compression.networks import BagSettings
from compression.networks.layers import Layers, folded_table, with_width


def test_layers_by_hand() -> None:
    network = BagSettings(dim=2, hidden=(2,), dropout=0.0).build(rows=3, labels=1)
    weights = {
        "layers.0.weight": [[1.0, -1.0], [2.0, 0.0]],
        "layers.0.bias": [0.0, -1.0],
        "layers.1.weight": [[1.0, 3.0]],
        "layers.1.bias": [0.5],
    }
    network.load_state_dict(
        {"embedding": torch.zeros(3, 2), **{n: torch.tensor(v) for n, v in weights.items()}}
    )
    # x = (1, 2): hidden relu(-1, 1) = (0, 1), logit 3.5; x = (3, 1): relu(2, 5), logit 17.5.
    found = network.layers.run(network, torch.tensor([[1.0, 2.0], [3.0, 1.0]]))
    assert found.tolist() == [[3.5], [17.5]]


def test_the_last_layer_has_no_hidden_units() -> None:
    assert len(Layers((4, 3, 2))) == 2
    (group,) = Layers((4, 3, 2)).unit_groups()
    assert (group.layer, group.units) == ("0", 3)
    assert {(s.name, s.axis) for s in group.slices} == {
        ("layers.0.weight", 0),
        ("layers.0.bias", 0),
        ("layers.1.weight", 1),
    }


def test_with_width_changes_one_layer() -> None:
    assert with_width((5, 6, 7), "1", 2) == (5, 2, 7)


def test_folded_table_is_the_layer_of_every_row() -> None:
    generator = np.random.default_rng(0)
    table, weight, bias = (generator.normal(size=s).astype("f4") for s in [(5, 4), (3, 4), (3,)])
    state = {"embedding": table, "w": weight, "b": bias}
    found = folded_table({name: torch.from_numpy(v) for name, v in state.items()}, "w", "b")
    np.testing.assert_allclose(found, table @ weight.T + bias, rtol=1e-5, atol=1e-6)

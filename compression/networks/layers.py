"""Linear steps that architectures share: the layers behind pooling, and folding into the table."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from compression.networks.base import TABLE, State, TrainableModel
from compression.networks.units import Slice, UnitGroup


class Layers(nn.Module):
    """The parameters of `edgemood.models.mlp`; `run` computes with them."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            self.add_module(str(i), nn.Linear(inputs, outputs))

    def __len__(self) -> int:
        return len(list(self.children()))

    def unit_groups(self) -> Iterator[UnitGroup]:
        """All layers but the last; the name of a layer is its position."""
        for i, layer in enumerate(list(self.children())[:-1]):
            units = torch.arange(len(layer.get_parameter("bias"))).reshape(-1, 1)
            yield UnitGroup(
                str(i),
                (
                    Slice(f"layers.{i}.weight", 0, units),
                    Slice(f"layers.{i}.bias", 0, units),
                    Slice(f"layers.{i + 1}.weight", 1, units),
                ),
            )

    def run(self, network: TrainableModel, x: Tensor) -> Tensor:
        """Logits of pooled texts, with the network's dropout and quantizers.

        *Shape:* `(texts, width)` -> `(texts, labels)`.
        """
        last = len(self) - 1
        for i in range(last + 1):
            name = f"layers.{i}.weight"
            # Quantize before dropout, which scales values up: a static range must not follow it.
            inputs = network.dropout(network.input(name, x))
            bias = network.weight(f"layers.{i}.bias")
            x = functional.linear(inputs, network.weight(name), bias)
            x = torch.relu(x) if i < last else x
        return x


def with_width(widths: tuple[int, ...], layer: str, units: int) -> tuple[int, ...]:
    """Widths of layers with that of one changed."""
    return tuple(units if str(i) == layer else width for i, width in enumerate(widths))


def folded_table(state: State, weight: str, bias: str) -> Tensor:
    """`W e + b` for every row e of the table. *Shape:* `(rows, out)`."""
    table = state[TABLE].double() @ state[weight].double().T + state[bias].double()
    return table.float()

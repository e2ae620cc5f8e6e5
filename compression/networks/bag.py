"""The network of `edgemood.models.bag`: pooled word vectors and a multi-layer perceptron."""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from torch import Tensor
from torch.nn import functional

from compression.networks.base import (
    TABLE,
    ArchitectureSettings,
    PositiveInt,
    Sizes,
    State,
    TrainableModel,
)
from compression.networks.layers import Layers, folded_table, with_width
from compression.networks.units import Slice, UnitGroup
from compression.recipe_table import Array
from edgemood.models.sizes import FOLDED


class BagSettings(ArchitectureSettings):
    """`[base.NAME.model]` with `architecture = "bag"`."""

    architecture: Literal["bag"] = "bag"
    hidden: Array[PositiveInt] = (256,)

    def build(self, *, rows: int, labels: int) -> "Bag":
        return Bag(self, rows=rows, labels=labels)

    @property
    def sizes(self) -> Sizes:
        folded = {FOLDED: 1} if self.folded else {}
        return {"dim": self.dim, "hidden": self.hidden, **folded}

    def with_units(self, layer: str, units: int) -> Self:
        if layer == TABLE:  # of a folded base: the table is its first hidden layer
            return self.model_copy(update={"dim": units, "hidden": (units, *self.hidden[1:])})
        first = self.hidden[:1] if self.folded else ()
        rest = with_width(self.hidden[len(first) :], layer, units)
        return self.model_copy(update={"hidden": (*first, *rest)})

    def fold(self, state: State) -> tuple[Self, dict[str, Tensor]]:
        first = ("layers.0.weight", "layers.0.bias")
        table = folded_table(state, *first)
        rest = {_earlier(name): state[name] for name in state if name not in (TABLE, *first)}
        settings = self.model_copy(update={"dim": table.shape[1], "folded": True})
        return settings, {TABLE: table, **rest}


class Bag(TrainableModel):
    """The mean of a text's word vectors, then layers."""

    def __init__(self, settings: BagSettings, *, rows: int, labels: int) -> None:
        super().__init__(settings, rows=rows)
        self._folded = bool(settings.folded)
        widths = (*settings.hidden, labels)
        self.layers = Layers(widths if self._folded else (settings.dim, *widths))

    def unit_groups(self) -> Iterator[UnitGroup]:
        if self._folded and len(self.layers):
            units = torch.arange(self.embedding.shape[1]).reshape(-1, 1)
            yield UnitGroup(TABLE, (Slice(TABLE, 1, units), Slice("layers.0.weight", 1, units)))
        yield from self.layers.unit_groups()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        starts = torch.cumsum(lengths, 0) - lengths
        pooled = functional.embedding_bag(ids, self.weight(TABLE), starts, mode="mean")
        if self._folded and len(self.layers):
            pooled = torch.relu(pooled)
        return self.layers.run(self, pooled)


def _earlier(name: str) -> str:
    """The name of a layer's weight once the first layer is gone."""
    layers, number, rest = name.split(".")
    return f"{layers}.{int(number) - 1}.{rest}"

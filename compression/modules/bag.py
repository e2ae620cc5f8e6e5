"""Twin of `edgemood.models.bag`: pooled word vectors and a multi-layer perceptron."""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from torch import Tensor
from torch.nn import functional

from compression.modules.base import (
    TABLE,
    ArchitectureSettings,
    Layers,
    PositiveInt,
    Sizes,
    Twin,
    UnitGroup,
    with_width,
)


class BagSettings(ArchitectureSettings):
    """`[base.NAME.model]` with `architecture = "bag"`."""

    architecture: Literal["bag"] = "bag"
    hidden: tuple[PositiveInt, ...] = (256,)

    def build(self, *, rows: int, labels: int) -> "Bag":
        """A new network with random weights from torch's global generator."""
        return Bag(self, rows=rows, labels=labels)

    @property
    def sizes(self) -> Sizes:
        return {"dim": self.dim, "hidden": self.hidden}

    def with_units(self, layer: str, units: int) -> Self:
        return self.model_copy(update={"hidden": with_width(self.hidden, layer, units)})


class Bag(Twin):
    """The mean of a text's word vectors, then layers."""

    def __init__(self, settings: BagSettings, *, rows: int, labels: int) -> None:
        super().__init__(settings, rows=rows)
        self.layers = Layers((settings.dim, *settings.hidden, labels))

    def unit_groups(self) -> Iterator[UnitGroup]:
        return self.layers.unit_groups()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        starts = torch.cumsum(lengths, 0) - lengths
        pooled = functional.embedding_bag(ids, self.weight(TABLE), starts, mode="mean")
        return self.layers.run(self, pooled)

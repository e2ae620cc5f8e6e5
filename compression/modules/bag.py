"""Twin of `edgemood.models.bag`: pooled word vectors and a multi-layer perceptron."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from compression.modules.base import TABLE, ArchitectureSettings, Layers, PositiveInt, Sizes, Twin


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


class Bag(Twin):
    """The mean of a text's word vectors, then layers."""

    def __init__(self, settings: BagSettings, *, rows: int, labels: int) -> None:
        super().__init__(settings, rows=rows)
        self.layers = Layers((settings.dim, *settings.hidden, labels))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        starts = torch.cumsum(lengths, 0) - lengths
        pooled = functional.embedding_bag(ids, self.weight(TABLE), starts, mode="mean")
        return self.layers.run(self, pooled)

"""Torch twins of `edgemood.models`: the same networks with gradients and dropout.

A twin names its parameters as the artifact names its weights, so export needs no mapping. Inputs
are ragged in the same way, too: all token rows one after the other, and the length of each text.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

Role = Literal["table", "weight", "bias"]
PositiveInt = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]


class Matrix(NamedTuple):
    """One weight of an artifact, before it is encoded."""

    name: str
    role: Role
    """What it is for: a token table, a layer's weight, or a bias as a matrix of one row."""
    values: Tensor


class BagSettings(BaseModel):
    """`[base.NAME.model]` of pooled word vectors and a multi-layer perceptron."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Literal["bag"] = "bag"
    dim: PositiveInt = 128
    hidden: tuple[PositiveInt, ...] = (256,)
    dropout: Probability = 0.4
    embedding_std: Annotated[float, Field(gt=0)] = 0.3
    """Spread of the word vectors before training."""

    def build(self, *, rows: int, labels: int) -> "Bag":
        """A new network with random weights from torch's global generator."""
        return Bag(self, rows=rows, labels=labels)

    @property
    def sizes(self) -> dict[str, int | tuple[int, ...]]:
        """As the manifest states them."""
        return {"dim": self.dim, "hidden": self.hidden}


class Bag(nn.Module):
    """Twin of `edgemood.models.Bag`."""

    def __init__(self, settings: BagSettings, *, rows: int, labels: int) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(rows, settings.dim, mode="mean")
        nn.init.normal_(self.embedding.weight, std=settings.embedding_std)
        widths = (settings.dim, *settings.hidden, labels)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(widths))
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """*Shape:* `(tokens,)` and `(texts,)` -> logits `(texts, labels)`."""
        x: Tensor = self.embedding(ids, torch.cumsum(lengths, 0) - lengths)
        *hidden, last = self.layers
        for layer in hidden:
            x = torch.relu(layer(self.dropout(x)))
        logits: Tensor = last(self.dropout(x))
        return logits

    def matrices(self) -> Iterator[Matrix]:
        """The weights by their names in the artifact."""
        yield Matrix("embedding", "table", self.embedding.weight.detach())
        for i, layer in enumerate(self.linear_layers()):
            yield Matrix(f"layers.{i}.weight", "weight", layer.weight.detach())
            yield Matrix(f"layers.{i}.bias", "bias", layer.bias.detach().reshape(1, -1))

    def linear_layers(self) -> Iterator[nn.Linear]:
        """The layers in order; calibration watches their inputs."""
        for layer in self.layers:
            assert isinstance(layer, nn.Linear)  # noqa: S101  # tells mypy what ModuleList holds
            yield layer


ModelSettings = BagSettings
Module = Bag
"""The unions of all architectures, one so far."""

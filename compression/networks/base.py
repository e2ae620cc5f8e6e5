"""What all networks share: named weights, and the places where quantizers are attached.

A network's parameters carry the names that `edgemood.models` gives the same weights, so export
needs no mapping. Inputs are ragged in the same way: the token rows of all texts one after the
other, and the length of each text.

A method that trains under quantization attaches a module to a weight (`attach_weight`) or to the
input of the product with it (`attach_input`), and the forward pass goes through that module. With
none attached the network computes in float32.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, NamedTuple, Self

import torch
from pydantic import Field
from torch import Tensor, nn

from compression.networks.quantizer import Quantizer
from compression.networks.units import UnitGroup
from compression.recipe_table import RecipeTable

Role = Literal["table", "weight", "recurrent", "bias"]
"""Of a weight: the token table, a layer's matrix, one that multiplies a recurrent state, a bias."""
PositiveInt = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Sizes = dict[str, int | tuple[int, ...]]
State = Mapping[str, Tensor]
"""Weights by their names in the artifact."""

TABLE = "embedding"


class Matrix(NamedTuple):
    """One weight of an artifact, before it is encoded."""

    name: str
    role: Role
    values: Tensor
    """*Shape:* `(out, in)`; a bias is a matrix of one row."""
    trained: bool = True
    """Whether training may change it."""


class TrainableModel(nn.Module):
    """A network that can be trained, with or without quantizers."""

    def __init__(self, settings: "ArchitectureSettings", *, rows: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(rows, settings.dim) * settings.embedding_std)
        self.dropout = nn.Dropout(settings.dropout)
        self.weight_quantizers = nn.ModuleDict()
        self.input_quantizers = nn.ModuleDict()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits. *Shape:* `(tokens,)` and `(texts,)` -> `(texts, labels)`."""
        raise NotImplementedError

    def unit_groups(self) -> Iterator[UnitGroup]:
        """The hidden layers."""
        raise NotImplementedError

    def role_of(self, name: str) -> Role:
        """The role of a weight; architectures with other roles extend this."""
        if name == TABLE:
            return "table"
        return "bias" if self.get_parameter(name).ndim == 1 else "weight"

    def matrices(self) -> Iterator[Matrix]:
        """The weights by their names in the artifact, before any quantizer."""
        for name, parameter in self.named_parameters():
            if "_quantizers." not in name:
                values = _as_matrix(parameter.detach())
                yield Matrix(name, self.role_of(name), values, parameter.requires_grad)

    def quantizers(self) -> Iterator[Quantizer]:
        """All attached modules."""
        for quantizer in (*self.weight_quantizers.values(), *self.input_quantizers.values()):
            assert isinstance(quantizer, Quantizer)  # noqa: S101  # a ModuleDict is not generic
            yield quantizer

    def attach_weight(self, name: str, quantizer: Quantizer) -> None:
        """Let the forward pass use a weight through a quantizer."""
        self.weight_quantizers[_key(name)] = quantizer

    def attach_input(self, name: str, quantizer: Quantizer) -> None:
        """Let the product with this weight use its input through a quantizer."""
        self.input_quantizers[_key(name)] = quantizer

    def weight_quantizer(self, name: str) -> Quantizer | None:
        """The module attached to a weight."""
        found = dict(self.weight_quantizers.items()).get(_key(name))
        return found if isinstance(found, Quantizer) else None

    def weight(self, name: str) -> Tensor:
        """A weight as the forward pass uses it."""
        return _through(self.weight_quantizers, name, self.get_parameter(name))

    def input(self, name: str, x: Tensor) -> Tensor:
        """The input of the product with a weight, as the product uses it."""
        return _through(self.input_quantizers, name, x)


class ArchitectureSettings(RecipeTable):
    """The settings that all architectures share, and the operations that each one defines."""

    dim: PositiveInt = 128
    dropout: Probability = 0.4
    embedding_std: Annotated[float, Field(gt=0)] = 0.3
    """Standard deviation of the word vectors before training."""
    folded: Literal[True] | None = None
    """Whether the table includes the first linear step; see `compression.checkpoints.folding`."""

    @abstractmethod
    def build(self, *, rows: int, labels: int) -> TrainableModel:
        """A network with random weights from torch's global generator."""

    @property
    @abstractmethod
    def sizes(self) -> Sizes:
        """The sizes as the manifest states them."""

    @property
    def integer_sizes(self) -> Sizes:
        """The same for a variant whose activations between layers are 8-bit integers."""
        return self.sizes

    @abstractmethod
    def with_units(self, layer: str, units: int) -> Self:
        """The same with another width of one hidden layer; see `TrainableModel.unit_groups`."""

    @abstractmethod
    def fold(self, state: State) -> tuple[Self, dict[str, Tensor]]:
        """Multiply the first linear step into the table.

        Args:
            state: the weights of a network that is not folded.

        Returns:
            Settings and weights of a network that computes the same function.
        """


def _through(quantizers: nn.ModuleDict, name: str, x: Tensor) -> Tensor:
    key = _key(name)
    if key not in quantizers:
        return x
    quantized: Tensor = quantizers[key](x)
    return quantized


def _as_matrix(values: Tensor) -> Tensor:
    return values.reshape(1, -1) if values.ndim == 1 else values


def _key(name: str) -> str:
    return name.replace(".", "/")  # a ModuleDict refuses names with full stops

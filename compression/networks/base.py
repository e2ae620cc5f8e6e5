"""What all networks share: named weights, and the places where quantizers are attached.

A network's parameters carry the names that `edgemood.models` gives the same weights, so export
needs no mapping. Inputs are ragged in the same way: the token rows of all texts one after the
other, and the length of each text.

A method that trains under quantization attaches a module to a weight (`attach_weight`) or to the
input of the product with it (`attach_input`), and the forward pass goes through that module. With
none attached the network computes in float32.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

Role = Literal["table", "weight", "recurrent", "bias"]
"""What a weight is for: a token table, a layer, a layer fed by a recurrent state, or a bias."""
PositiveInt = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Sizes = dict[str, int | tuple[int, ...]]

TABLE = "embedding"


class ArchitectureSettings(BaseModel):
    """What the settings of all architectures share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim: PositiveInt = 128
    dropout: Probability = 0.4
    embedding_std: Annotated[float, Field(gt=0)] = 0.3
    """Spread of the word vectors before training."""
    folded: Literal[True] | None = None
    """Whether the table holds the first linear step; see `compression.checkpoints.folding`."""

    @property
    def sizes(self) -> Sizes:
        """As the manifest states them."""
        raise NotImplementedError

    @property
    def integer_sizes(self) -> Sizes:
        """The same where activations between layers are 8-bit integers."""
        return self.sizes

    def with_units(self, layer: str, units: int) -> Self:
        """The same with another width of one hidden layer; see `TrainableModel.unit_groups`."""
        raise NotImplementedError


class Matrix(NamedTuple):
    """One weight of an artifact, before it is encoded."""

    name: str
    role: Role
    values: Tensor
    """*Shape:* `(out, in)`; a bias is a matrix of one row."""
    trained: bool = True
    """Whether training may change it."""


class Slice(NamedTuple):
    """The places of a hidden layer's units along one axis of one parameter."""

    name: str
    axis: int
    places: Tensor
    """Which rows or columns belong to each unit. *Shape:* `(units, places a unit)`."""


class UnitGroup(NamedTuple):
    """A hidden layer: everything that leads to its units or away from them."""

    layer: str
    slices: tuple[Slice, ...]

    @property
    def units(self) -> int:
        """How many there are."""
        return len(self.slices[0].places)


class Quantizer(nn.Module):
    """Stands between a value and its use; see `compression.quantizers.fake_quant`."""

    holds_weights: ClassVar[bool] = False
    """Whether its parameters take the place of weights, rather than say how those are stored."""

    def forward(self, x: Tensor) -> Tensor:
        """The value as its user sees it, of the same shape."""
        raise NotImplementedError

    def set_progress(self, progress: float) -> None:
        """Told before each training step how far the training is, from 0 to 1."""


class TrainableModel(nn.Module):
    """A network that can be trained, under quantisation if asked to."""

    def __init__(self, settings: ArchitectureSettings, *, rows: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(rows, settings.dim) * settings.embedding_std)
        self.dropout = nn.Dropout(settings.dropout)
        self.weight_quantizers = nn.ModuleDict()
        self.input_quantizers = nn.ModuleDict()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """*Shape:* `(tokens,)` and `(texts,)` -> logits `(texts, labels)`."""
        raise NotImplementedError

    def matrices(self) -> Iterator[Matrix]:
        """The weights by their names in the artifact, as they are before any quantiser."""
        for name, parameter in self.named_parameters():
            if "_quantizers." not in name:
                values = _as_matrix(parameter.detach())
                yield Matrix(name, role_of(name), values, parameter.requires_grad)

    def unit_groups(self) -> Iterator[UnitGroup]:
        """The hidden layers."""
        raise NotImplementedError

    def quantizers(self) -> Iterator["Quantizer"]:
        """Everything that was attached."""
        for quantizer in (*self.weight_quantizers.values(), *self.input_quantizers.values()):
            assert isinstance(quantizer, Quantizer)  # noqa: S101  # tells what a ModuleDict holds
            yield quantizer

    def attach_weight(self, name: str, quantizer: "Quantizer") -> None:
        """Let the forward pass see a weight through a quantiser."""
        self.weight_quantizers[_key(name)] = quantizer

    def attach_input(self, name: str, quantizer: "Quantizer") -> None:
        """Let the product with this weight see its input through a quantiser."""
        self.input_quantizers[_key(name)] = quantizer

    def weight_quantizer(self, name: str) -> "Quantizer | None":
        """What was attached to a weight."""
        found = dict(self.weight_quantizers.items()).get(_key(name))
        return found if isinstance(found, Quantizer) else None

    def weight(self, name: str) -> Tensor:
        """A weight as the forward pass sees it."""
        values = self.get_parameter(name)
        key = _key(name)
        if key not in self.weight_quantizers:
            return values
        quantized: Tensor = self.weight_quantizers[key](values)
        return quantized

    def input(self, name: str, x: Tensor) -> Tensor:
        """The input of the product with a weight, as that product sees it."""
        key = _key(name)
        if key not in self.input_quantizers:
            return x
        quantized: Tensor = self.input_quantizers[key](x)
        return quantized


class Layers(nn.Module):
    """Twin of `edgemood.models.mlp`; a container whose owner does the products."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            self.add_module(str(i), nn.Linear(inputs, outputs))

    def __len__(self) -> int:
        return len(list(self.children()))

    def unit_groups(self) -> Iterator[UnitGroup]:
        """All layers but the last; layer i's name is its position."""
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
        """Logits of pooled texts, with the network's dropout and quantisers."""
        last = len(self) - 1
        for i in range(last + 1):
            name = f"layers.{i}.weight"
            # Quantised first: a static grid must not follow what dropout scales up.
            inputs = network.dropout(network.input(name, x))
            bias = network.weight(f"layers.{i}.bias")
            x = functional.linear(inputs, network.weight(name), bias)
            x = torch.relu(x) if i < last else x
        return x


def with_width(widths: tuple[int, ...], layer: str, units: int) -> tuple[int, ...]:
    """Widths of layers with that of one changed."""
    return tuple(units if str(i) == layer else width for i, width in enumerate(widths))


def role_of(name: str) -> Role:
    """What a weight of this name is for."""
    if name == TABLE:
        return "table"
    if name.endswith("bias"):
        return "bias"
    return "recurrent" if name.endswith(".hidden") else "weight"


def _as_matrix(values: Tensor) -> Tensor:
    return values.reshape(1, -1) if values.ndim == 1 else values


def _key(name: str) -> str:
    return name.replace(".", "/")  # a name in a ModuleDict has no full stops

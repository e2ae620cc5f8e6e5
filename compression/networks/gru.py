"""The network of `edgemood.models.gru`: a GRU in PyTorch's form, and layers on its last states."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from compression.networks.base import (
    TABLE,
    ArchitectureSettings,
    PositiveInt,
    Role,
    Sizes,
    State,
    TrainableModel,
)
from compression.networks.layers import Layers, folded_table, with_width
from compression.networks.recurrence import Schedule, last_states, last_states_on_grids, schedule
from compression.networks.units import Slice, UnitGroup
from compression.recipe_table import Array
from edgemood.models.gru.model import FLOAT_GATES, INT8_GATES
from edgemood.models.sizes import FOLDED

GATES = 3
"""Reset, update and candidate: rows of a recurrent weight for each unit."""
_RECURRENT_LAYER = "gru."


class GruSettings(ArchitectureSettings):
    """`[base.NAME.model]` with `architecture = "gru"`."""

    architecture: Literal["gru"] = "gru"
    hidden: PositiveInt = 32
    """Units of each direction."""
    directions: Annotated[int, Field(ge=1, le=2)] = 2
    head: Array[PositiveInt] = (32,)

    def build(self, *, rows: int, labels: int) -> "Gru":
        return Gru(self, rows=rows, labels=labels)

    @property
    def sizes(self) -> Sizes:
        return {
            "dim": self.dim,
            "hidden": self.hidden,
            "directions": self.directions,
            "head": self.head,
            "gate_bits": FLOAT_GATES,
            **({FOLDED: 1} if self.folded else {}),
        }

    @property
    def integer_sizes(self) -> Sizes:
        return {**self.sizes, "gate_bits": INT8_GATES}

    def with_units(self, layer: str, units: int) -> Self:
        if layer.startswith(_RECURRENT_LAYER):  # both directions are equally wide
            folded = {"dim": self.directions * GATES * units} if self.folded else {}
            return self.model_copy(update={"hidden": units, **folded})
        return self.model_copy(update={"head": with_width(self.head, layer, units)})

    def fold(self, state: State) -> tuple[Self, dict[str, Tensor]]:
        steps = [(f"gru.{i}.input", f"gru.{i}.input_bias") for i in range(self.directions)]
        table = torch.cat([folded_table(state, *step) for step in steps], dim=1)
        gone = {TABLE}.union(*steps)
        rest = {name: values for name, values in state.items() if name not in gone}
        settings = self.model_copy(update={"dim": table.shape[1], "folded": True})
        return settings, {TABLE: table, **rest}


class Direction(nn.Module):
    """The weights of one direction, named as in the artifact."""

    def __init__(self, dim: int, hidden: int, *, folded: bool) -> None:
        super().__init__()
        if not folded:
            self.input = nn.Parameter(torch.empty(GATES * hidden, dim))
        self.hidden = nn.Parameter(torch.empty(GATES * hidden, hidden))
        if not folded:
            self.input_bias = nn.Parameter(torch.empty(GATES * hidden))
        self.hidden_bias = nn.Parameter(torch.empty(GATES * hidden))
        for parameter in self.parameters():  # the initial weights of torch.nn.GRU
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)


class Gru(TrainableModel):
    """Runs on ragged texts without padding, so that a text's logits do not depend on its batch."""

    def __init__(self, settings: GruSettings, *, rows: int, labels: int) -> None:
        super().__init__(settings, rows=rows)
        self.integer_gates = False
        """Whether gates and state are rounded to their 8-bit grids, as in an artifact.

        Without gradients: for comparison with an artifact, not for training.
        """
        self.gru = nn.ModuleList(
            Direction(settings.dim, settings.hidden, folded=bool(settings.folded))
            for _ in range(settings.directions)
        )
        self._folded = bool(settings.folded)
        self.layers = Layers((settings.directions * settings.hidden, *settings.head, labels))

    def role_of(self, name: str) -> Role:
        if name.startswith(_RECURRENT_LAYER) and name.endswith(".hidden"):
            return "recurrent"
        return super().role_of(name)

    def unit_groups(self) -> Iterator[UnitGroup]:
        for i, direction in enumerate(self.gru.children()):
            hidden = direction.get_parameter("hidden").shape[1]
            units = torch.arange(hidden).reshape(-1, 1)
            state = Slice(f"gru.{i}.hidden", 1, units)
            after = Slice("layers.0.weight", 1, units + i * hidden)
            yield UnitGroup(f"{_RECURRENT_LAYER}{i}", (*self._gate_slices(i, units), state, after))
        yield from self.layers.unit_groups()

    def _gate_slices(self, i: int, units: Tensor) -> Iterator[Slice]:
        """The weights that lead to the gates of one direction."""
        gates = units + len(units) * torch.arange(GATES)
        for name in ("hidden", "hidden_bias"):
            yield Slice(f"gru.{i}.{name}", 0, gates)
        if self._folded:
            yield Slice(TABLE, 1, gates + i * GATES * len(units))
            return
        for name in ("input", "input_bias"):
            yield Slice(f"gru.{i}.{name}", 0, gates)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        words = functional.embedding(ids, self.weight(TABLE))
        # One mask for both directions, applied after the input quantizers: dropout scales values
        # up, and a static range must not follow that.
        mask = self.dropout(torch.ones_like(words)) if self.training else None
        plan = schedule(lengths)
        states = [self._last_states(i, words, mask, plan) for i in range(len(self.gru))]
        return self.layers.run(self, torch.cat(states, dim=1))

    def _last_states(self, i: int, words: Tensor, mask: Tensor | None, plan: Schedule) -> Tensor:
        recurrent = self.weight(f"gru.{i}.hidden")
        words = words if self._folded else self.input(f"gru.{i}.input", words)
        words = words if mask is None else words * mask
        if self._folded:  # the kernel multiplies by an input weight: an identity
            gates = len(recurrent)
            words = words[:, i * gates : (i + 1) * gates]
            weight, bias = torch.eye(gates), torch.zeros(gates)
        else:
            weight, bias = self.weight(f"gru.{i}.input"), self.weight(f"gru.{i}.input_bias")
        recurrent_bias = self.weight(f"gru.{i}.hidden_bias")
        rows = plan.rows[i]
        if self.integer_gates:
            projected = functional.linear(words, weight, bias)
            return last_states_on_grids(projected, rows, plan, recurrent, recurrent_bias)
        parameters = [weight, recurrent, bias, recurrent_bias]
        return last_states(words[rows], plan, parameters, training=self.training)

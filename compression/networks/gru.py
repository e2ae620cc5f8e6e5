"""Twin of `edgemood.models.gru.model`: a GRU in PyTorch's form, and layers on its last states."""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, Self

import torch
from pydantic import Field
from torch import _VF, Tensor, nn
from torch.nn import functional

from compression.networks.base import (
    TABLE,
    ArchitectureSettings,
    Layers,
    PositiveInt,
    Sizes,
    Slice,
    TrainableModel,
    UnitGroup,
    with_width,
)
from edgemood.models.gru.model import FLOAT_GATES, INT8_GATES
from edgemood.models.gru.recurrence import SIGMOID_GRID, TANH_GRID
from edgemood.models.sizes import FOLDED
from edgemood.quantization.affine import Grid, full_range

RECURRENT_LAYER = "gru."


class GruSettings(ArchitectureSettings):
    """`[base.NAME.model]` with `architecture = "gru"`."""

    architecture: Literal["gru"] = "gru"
    hidden: PositiveInt = 32
    """Units of each direction."""
    directions: Annotated[int, Field(ge=1, le=2)] = 2
    head: tuple[PositiveInt, ...] = (32,)

    def build(self, *, rows: int, labels: int) -> "Gru":
        """A new network with random weights from torch's global generator."""
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
        if layer.startswith(RECURRENT_LAYER):  # both directions are equally wide
            folded = {"dim": self.directions * 3 * units} if self.folded else {}
            return self.model_copy(update={"hidden": units, **folded})
        return self.model_copy(update={"head": with_width(self.head, layer, units)})


class Direction(nn.Module):
    """Weights of one direction, named as the artifact names them."""

    def __init__(self, dim: int, hidden: int, *, folded: bool) -> None:
        super().__init__()
        if not folded:
            self.input = nn.Parameter(torch.empty(3 * hidden, dim))
        self.hidden = nn.Parameter(torch.empty(3 * hidden, hidden))
        if not folded:
            self.input_bias = nn.Parameter(torch.empty(3 * hidden))
        self.hidden_bias = nn.Parameter(torch.empty(3 * hidden))
        for parameter in self.parameters():  # as torch.nn.GRU begins
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)


class Schedule(NamedTuple):
    """Ragged texts as torch's packed sequences: longest first, one time step after the other."""

    order: Tensor
    """Texts, longest first."""
    rows: Tensor
    """Which row is read, step by step; for each direction. *Shape:* `(directions, tokens)`."""
    active: Tensor
    """How many texts still have a word, at each step."""


class Gru(TrainableModel):
    """Runs through torch's fused kernel; without padding, so company changes nothing."""

    def __init__(self, settings: GruSettings, *, rows: int, labels: int) -> None:
        super().__init__(settings, rows=rows)
        self.integer_gates = False
        """Whether gates and state lie on their 8-bit grids, as in a file with integer gates.

        Step by step and without gradients: for comparing with such a file, not for training.
        """
        self.gru = nn.ModuleList(
            Direction(settings.dim, settings.hidden, folded=bool(settings.folded))
            for _ in range(settings.directions)
        )
        self._folded = bool(settings.folded)
        self.layers = Layers((settings.directions * settings.hidden, *settings.head, labels))

    def unit_groups(self) -> Iterator[UnitGroup]:
        for i, direction in enumerate(self.gru.children()):
            hidden = direction.get_parameter("hidden").shape[1]
            units = torch.arange(hidden).reshape(-1, 1)
            gates = units + hidden * torch.arange(3)
            names = ["hidden", "hidden_bias"] + ([] if self._folded else ["input", "input_bias"])
            own = [Slice(f"gru.{i}.{name}", 0, gates) for name in names]
            if self._folded:
                own.append(Slice(TABLE, 1, gates + i * 3 * hidden))
            state = Slice(f"gru.{i}.hidden", 1, units)
            after = Slice("layers.0.weight", 1, units + i * hidden)
            yield UnitGroup(f"{RECURRENT_LAYER}{i}", (*own, state, after))
        yield from self.layers.unit_groups()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        words = functional.embedding(ids, self.weight(TABLE))
        # One mask for both directions; applied behind the input quantisers, whose static grids must
        # not follow what dropout scales up.
        kept = self.dropout(torch.ones_like(words)) if self.training else None
        schedule = _schedule(lengths)
        states = [self._last_state(i, words, kept, schedule) for i in range(len(self.gru))]
        return self.layers.run(self, torch.cat(states, dim=1))

    def _last_state(self, i: int, words: Tensor, kept: Tensor | None, schedule: Schedule) -> Tensor:
        inputs, hidden = f"gru.{i}.input", f"gru.{i}.hidden"
        recurrent = self.weight(hidden)
        gates = len(recurrent)
        words = words if self._folded else self.input(inputs, words)
        words = words if kept is None else words * kept
        if self._folded:  # the kernel wants input weights: the identity passes rows on
            words = words[:, i * gates : (i + 1) * gates]
            from_words, bias = torch.eye(gates), torch.zeros(gates)
        else:
            from_words, bias = self.weight(inputs), self.weight(f"{inputs}_bias")
        if self.integer_gates:
            projected = functional.linear(words, from_words, bias)
            return self._last_state_on_grids(i, projected, schedule)
        parameters = [from_words, recurrent, bias, self.weight(f"{hidden}_bias")]
        seen = words[schedule.rows[i]]
        start = words.new_zeros(1, len(schedule.order), recurrent.shape[1])
        # Biases; one layer; no dropout; training decides about dropout only; one direction a call.
        options = (True, 1, 0.0, self.training, False)
        _, last = _VF.gru(seen, schedule.active, start, parameters, *options)
        unsorted = torch.empty_like(last[0])
        unsorted[schedule.order] = last[0]
        return unsorted

    def _last_state_on_grids(self, i: int, projected: Tensor, schedule: Schedule) -> Tensor:
        """The same recurrence as `edgemood.models.gru.model` runs it on integer gates."""
        recurrent, bias = self.weight(f"gru.{i}.hidden"), self.weight(f"gru.{i}.hidden_bias")
        width = recurrent.shape[1]
        state = projected.new_zeros(len(schedule.order), width)
        steps = torch.split(schedule.rows[i], schedule.active.tolist())
        for rows in steps:
            old, words = state[: len(rows)], projected[rows]
            from_state = functional.linear(old, recurrent, bias)
            both = words[:, : 2 * width] + from_state[:, : 2 * width]
            reset, update = _on(SIGMOID_GRID, torch.sigmoid(both)).chunk(2, dim=1)
            candidate = torch.tanh(words[:, 2 * width :] + reset * from_state[:, 2 * width :])
            new = (1 - update) * _on(TANH_GRID, candidate) + update * old
            state[: len(rows)] = _on(TANH_GRID, new)
        unsorted = torch.empty_like(state)
        unsorted[schedule.order] = state
        return unsorted


def _on(grid: Grid, x: Tensor) -> Tensor:
    scale, zero_point = float(grid.scale), float(grid.zero_point)
    codes = torch.clamp(torch.round(x / scale) + zero_point, *full_range(INT8_GATES))
    return (codes - zero_point) * scale


def _schedule(lengths: Tensor) -> Schedule:
    lengths = lengths.long()
    order = torch.argsort(lengths, descending=True, stable=True)
    begin = (torch.cumsum(lengths, 0) - lengths)[order]
    sorted_lengths = lengths[order]
    steps = torch.arange(int(sorted_lengths[0]))
    takes_part = steps[:, None] < sorted_lengths[None]
    forward = (begin[None] + steps[:, None])[takes_part]
    backward = (begin[None] + sorted_lengths[None] - 1 - steps[:, None])[takes_part]
    return Schedule(order, torch.stack([forward, backward]), takes_part.sum(dim=1))

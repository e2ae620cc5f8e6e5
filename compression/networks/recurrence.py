"""The recurrence of a GRU over ragged texts: in float32, and on the 8-bit grids of an artifact."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import _VF, Tensor
from torch.nn import functional

from edgemood.models.gru.model import INT8_GATES
from edgemood.models.gru.recurrence import SIGMOID_GRID, TANH_GRID
from edgemood.quantization.affine import Grid, full_range


class Schedule(NamedTuple):
    """Ragged texts in the order of torch's packed sequences: longest first, step by step."""

    order: Tensor
    """Positions of the texts, longest first. *Shape:* `(texts,)`."""
    rows: Tensor
    """Token rows, step by step, forward and backward. *Shape:* `(2, tokens)`."""
    active: Tensor
    """The number of texts that still have a word, at each step. *Shape:* `(steps,)`."""


def schedule(lengths: Tensor) -> Schedule:
    """The order in which a GRU reads texts of these lengths. *Shape:* `(texts,)`."""
    lengths = lengths.long()
    order = torch.argsort(lengths, descending=True, stable=True)
    starts = (torch.cumsum(lengths, 0) - lengths)[order]
    sorted_lengths = lengths[order]
    steps = torch.arange(int(sorted_lengths[0]))
    active = steps[:, None] < sorted_lengths[None]
    forward = (starts[None] + steps[:, None])[active]
    backward = (starts[None] + sorted_lengths[None] - 1 - steps[:, None])[active]
    return Schedule(order, torch.stack([forward, backward]), active.sum(dim=1))


def last_states(
    words: Tensor, plan: Schedule, parameters: Sequence[Tensor], *, training: bool
) -> Tensor:
    """The last states of one direction by torch's fused kernel.

    Args:
        words: in the order of the schedule. *Shape:* `(tokens, dim)`.
        plan: of the texts.
        parameters: input and recurrent weight, input and recurrent bias.
        training: whether gradients are needed.

    Returns:
        In the order of the texts. *Shape:* `(texts, hidden)`.
    """
    start = words.new_zeros(1, len(plan.order), parameters[1].shape[1])
    # With biases; one layer; no dropout between layers; one direction.
    options = (True, 1, 0.0, training, False)
    _, last = _VF.gru(words, plan.active, start, list(parameters), *options)
    return _in_text_order(last[0], plan)


def last_states_on_grids(
    projected: Tensor, rows: Tensor, plan: Schedule, recurrent: Tensor, bias: Tensor
) -> Tensor:
    """The last states of one direction as `edgemood.models.gru` computes them on integer gates.

    Args:
        projected: words times the input weight plus its bias. *Shape:* `(tokens, 3 * hidden)`.
        rows: token rows, step by step. *Shape:* `(tokens,)`.
        plan: of the texts.
        recurrent: *Shape:* `(3 * hidden, hidden)`.
        bias: *Shape:* `(3 * hidden,)`.

    Returns:
        In the order of the texts. *Shape:* `(texts, hidden)`.
    """
    state = projected.new_zeros(len(plan.order), recurrent.shape[1])
    for step in torch.split(rows, plan.active.tolist()):
        old = state[: len(step)]
        state[: len(step)] = _next(old, projected[step], functional.linear(old, recurrent, bias))
    return _in_text_order(state, plan)


def _next(old: Tensor, from_words: Tensor, from_state: Tensor) -> Tensor:
    """One step: new states from old ones and the two halves of the gates' inputs."""
    width = old.shape[1]
    both = from_words[:, : 2 * width] + from_state[:, : 2 * width]
    reset, update = _rounded(SIGMOID_GRID, torch.sigmoid(both)).chunk(2, dim=1)
    candidate = torch.tanh(from_words[:, 2 * width :] + reset * from_state[:, 2 * width :])
    new = (1 - update) * _rounded(TANH_GRID, candidate) + update * old
    return _rounded(TANH_GRID, new)


def _rounded(grid: Grid, x: Tensor) -> Tensor:
    scale, zero_point = float(grid.scale), float(grid.zero_point)
    codes = torch.clamp(torch.round(x / scale) + zero_point, *full_range(INT8_GATES))
    return (codes - zero_point) * scale


def _in_text_order(states: Tensor, plan: Schedule) -> Tensor:
    unsorted = torch.empty_like(states)
    unsorted[plan.order] = states
    return unsorted

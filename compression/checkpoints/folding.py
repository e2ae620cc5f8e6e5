"""Token table and first linear step as one table: exact, and smaller where the step narrows.

Averaging is linear, and so is what a GRU does with a word before anything else. For each word
`W e + b` can therefore be stored in the place of e, and W and b are gone. The table then has as
many columns as W has rows: the first layer's width of a bag, three times the units of each
direction of a GRU.
"""

import torch
from torch import Tensor

from compression.checkpoints.checkpoint import Checkpoint
from compression.errors import CompressionError
from compression.networks import TABLE, BagSettings, GruSettings


def fold(base: Checkpoint) -> Checkpoint:
    """The same function of texts with a narrower table.

    Raises:
        CompressionError: the table would not become narrower, or is folded already.
    """
    model = base.settings.model
    if model.folded:
        raise CompressionError("this base is folded already")
    folded = _fold_bag(base, model) if isinstance(model, BagSettings) else _fold_gru(base, model)
    width, wider = folded.settings.model.dim, model.dim
    if width >= wider:
        raise CompressionError(
            f"folding would turn a table of {wider} columns into one of {width}; leave it out"
        )
    return folded


def _fold_bag(base: Checkpoint, model: BagSettings) -> Checkpoint:
    state = dict(base.state)
    table = _projected(state, "layers.0.weight", "layers.0.bias")
    rest = {_earlier(name): state.pop(name) for name in list(state) if name != TABLE}
    changes = {"dim": table.shape[1], "folded": True}
    return _with(base, model.model_copy(update=changes), {TABLE: table, **rest})


def _fold_gru(base: Checkpoint, model: GruSettings) -> Checkpoint:
    state = dict(base.state)
    tables = [
        _projected(state, f"gru.{i}.input", f"gru.{i}.input_bias") for i in range(model.directions)
    ]
    state[TABLE] = torch.cat(tables, dim=1)
    changes = {"dim": state[TABLE].shape[1], "folded": True}
    return _with(base, model.model_copy(update=changes), state)


def _projected(state: dict[str, Tensor], weight: str, bias: str) -> Tensor:
    """What the step makes of each row; the step is taken out of the state."""
    projected = state[TABLE].double() @ state.pop(weight).double().T + state.pop(bias).double()
    return projected.float()


def _earlier(name: str) -> str:
    """The name of a layer when the first one is gone."""
    layers, number, rest = name.split(".")
    return f"{layers}.{int(number) - 1}.{rest}"


def _with(
    base: Checkpoint, model: BagSettings | GruSettings, state: dict[str, Tensor]
) -> Checkpoint:
    settings = base.settings.model_copy(update={"model": model})
    return base.trained(state).with_settings(settings)

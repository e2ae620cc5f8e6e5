"""Resumable training: a training's state in one safetensors file, saved and loaded between steps.

Safetensors cannot run code when it is read. Random draws are not part of a state: they follow from
the seed and the position in the training (`compression.seeds.seed_torch`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import safetensors
import torch
from pydantic import JsonValue
from torch import Tensor

from compression.errors import CheckpointError
from compression.tensors import save_tensors

_METADATA_KEY = "edgemood-training"
_OPTIMIZER = "optimizer"


class TrainingState(NamedTuple):
    """Everything that the rest of a training depends on."""

    tensors: dict[str, Mapping[str, Tensor]]
    """Groups of named tensors, such as the network's weights; group names contain no slash."""
    progress: JsonValue
    """How far the training is, and its measurements so far."""


class Resumable(Protocol):
    """A training with a state."""

    def state(self) -> TrainingState:
        """The state now."""

    def restore(self, state: TrainingState) -> None:
        """Continue from a state that `state` returned."""


def save_state(path: Path, trainings: Mapping[str, Resumable]) -> None:
    """Write the states of trainings that run in step to one file, completely or not at all."""
    states = {name: training.state() for name, training in trainings.items()}
    tensors = {
        f"{training}:{group}/{name}": tensor.detach().clone()  # safetensors refuses shared memory
        for training, state in states.items()
        for group, named in state.tensors.items()
        for name, tensor in named.items()
    }
    progress = {name: state.progress for name, state in states.items()}
    save_tensors(path, tensors, {_METADATA_KEY: json.dumps(progress)})


def load_state(path: Path, trainings: Mapping[str, Resumable]) -> bool:
    """Restore the states in a file that `save_state` wrote.

    Returns:
        Whether the file exists; if it does not, the trainings are unchanged.

    Raises:
        CheckpointError: the file is damaged, or belongs to another training.
    """
    if not path.exists():
        return False
    try:
        states = _read(path)
        for name, training in trainings.items():
            training.restore(states[name])
    except (
        AttributeError,
        KeyError,
        RuntimeError,
        TypeError,
        ValueError,
        safetensors.SafetensorError,
    ) as error:
        raise CheckpointError(f"{path}: not an unfinished training: {error}; delete it") from error
    return True


def optimizer_groups(optimizer: torch.optim.Optimizer) -> dict[str, Mapping[str, Tensor]]:
    """The moments of an optimizer, one group of tensors for each parameter."""
    return {f"{_OPTIMIZER}.{i}": m for i, m in optimizer.state_dict()["state"].items()}


def restore_optimizer(
    optimizer: torch.optim.Optimizer, groups: Mapping[str, Mapping[str, Tensor]]
) -> None:
    """Put the moments back that `optimizer_groups` returned; other groups are ignored."""
    moments = {
        int(number): dict(tensors)
        for group, tensors in groups.items()
        for kind, _, number in [group.partition(".")]
        if kind == _OPTIMIZER
    }
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


def _read(path: Path) -> dict[str, TrainingState]:
    with safetensors.safe_open(path, framework="pt") as file:
        progress = json.loads((file.metadata() or {})[_METADATA_KEY])
        groups: dict[str, dict[str, dict[str, Tensor]]] = {name: {} for name in progress}
        for full_name in file.keys():  # noqa: SIM118  # a safetensors handle is no mapping
            training, _, rest = full_name.partition(":")
            group, _, name = rest.partition("/")
            groups[training].setdefault(group, {})[name] = file.get_tensor(full_name)
    return {name: TrainingState({**groups[name]}, progress[name]) for name in progress}

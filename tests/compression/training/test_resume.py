"""Saved training states: round-trip, co-trained pairs, and files that are something else."""

from pathlib import Path

import pytest
import torch
from torch import nn

from compression.errors import CheckpointError
from compression.training.resume import (
    TrainingState,
    load_state,
    optimizer_groups,
    restore_optimizer,
    save_state,
)


class Descent:
    """Gradient descent with momentum on a quadratic; the smallest training with a state."""

    def __init__(self, start: float) -> None:
        self.weight = nn.Parameter(torch.tensor([start]))
        self.optimizer = torch.optim.AdamW([self.weight], lr=0.1)
        self.steps = 0

    def step(self) -> None:
        self.optimizer.zero_grad()
        ((self.weight - 1) ** 2).sum().backward()
        self.optimizer.step()
        self.steps += 1

    def state(self) -> TrainingState:
        groups = {"network": {"a/b.c": self.weight.data}, **optimizer_groups(self.optimizer)}
        return TrainingState(groups, self.steps)

    def restore(self, state: TrainingState) -> None:
        self.weight.data = state.tensors["network"]["a/b.c"]
        restore_optimizer(self.optimizer, state.tensors)
        self.steps = int(str(state.progress))


def test_trainings_continue_as_if_they_had_not_been_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    whole = {"one": Descent(3.0), "two": Descent(-5.0)}
    for training in whole.values():
        training.step()
    save_state(path, whole)
    resumed = {"one": Descent(0.0), "two": Descent(0.0)}
    assert load_state(path, resumed)
    for name, training in resumed.items():
        training.step()
        whole[name].step()
        assert torch.equal(training.weight, whole[name].weight)
        assert training.steps == 2


def test_without_a_file_nothing_changes(tmp_path: Path) -> None:
    training = Descent(3.0)
    assert not load_state(tmp_path / "state.safetensors", {"one": training})
    assert training.steps == 0


def test_a_saved_state_shares_no_memory_with_the_training(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    training = Descent(3.0)
    twice = {"one": training, "two": training}  # safetensors refuses tensors that share memory
    save_state(path, twice)
    assert load_state(path, twice)


@pytest.mark.parametrize("names", [["one", "other"], ["other"]])
def test_a_state_of_other_trainings_is_refused(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "state.safetensors"
    save_state(path, {"one": Descent(3.0)})
    with pytest.raises(CheckpointError, match=r"state\.safetensors.*delete it"):
        load_state(path, {name: Descent(0.0) for name in names})


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"junk")
    with pytest.raises(CheckpointError, match=r"state\.safetensors.*delete it"):
        load_state(path, {"one": Descent(0.0)})

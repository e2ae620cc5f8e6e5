"""Processes that die, and processes that end with their parent."""

import multiprocessing
import threading
import time
from pathlib import Path

from compression.recipes.parallel.processes import build_groups
from compression.recipes.parallel.worker import GroupEnd
from tests.compression.recipes.parallel.conftest import MakeInputs, base


def test_a_process_that_dies_is_replaced(make_inputs: MakeInputs) -> None:
    inputs = make_inputs({"a": base(), "b": base(epochs=2)}, ("one", "a", {}), ("two", "b", {}))
    groups = [(variant,) for variant in inputs.recipe.variant]

    def kill_first() -> None:
        while not (started := multiprocessing.active_children()):
            time.sleep(0.01)
        started[0].kill()

    killer = threading.Thread(target=kill_first)
    killer.start()
    messages = list(build_groups(inputs, groups, jobs=1))
    killer.join()
    assert messages == [
        GroupEnd("variant one: its process has ended (SIGKILL)"),
        inputs.out / "two.safetensors",
        GroupEnd(),
    ]
    assert multiprocessing.active_children() == []


def test_processes_end_with_the_generator(make_inputs: MakeInputs) -> None:
    inputs = make_inputs({"a": base(), "b": base(epochs=1000)}, ("one", "a", {}), ("two", "b", {}))
    groups = [(variant,) for variant in inputs.recipe.variant]
    messages = build_groups(inputs, groups, jobs=2)
    assert next(messages) == inputs.out / "one.safetensors"
    messages.close()
    assert multiprocessing.active_children() == []
    assert left_over(inputs.checkpoints) == []


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix == ".part"]

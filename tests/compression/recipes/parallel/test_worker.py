"""What a worker sends about a group."""

import shutil
from pathlib import Path

import pytest

from compression.recipes.parallel.worker import GroupEnd, build_group
from tests.compression.recipes.parallel.conftest import OUT_OF_REACH, MakeInputs, base


def test_paths_of_variants_and_the_end(make_inputs: MakeInputs) -> None:
    inputs = make_inputs({"a": base()}, ("one", "a", {}), ("two", "a", {}))
    finished: list[Path] = []
    assert build_group(inputs, inputs.recipe.variant, finished=finished.append) == GroupEnd()
    assert [path.name for path in finished] == ["one.safetensors", "two.safetensors"]
    assert all(path.exists() for path in finished)


def test_an_error_ends_the_group_and_names_the_variant(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        {"a": base()}, ("one", "a", {}), ("two", "a", OUT_OF_REACH), ("three", "a", {})
    )
    finished: list[Path] = []
    end = build_group(inputs, inputs.recipe.variant, finished=finished.append)
    assert [path.name for path in finished] == ["one.safetensors"]
    assert end.problem is not None
    assert end.problem.startswith("variant two: abstention: a precision of 0.99")


def test_a_file_that_cannot_be_written_is_a_problem_of_the_variant(
    make_inputs: MakeInputs,
) -> None:
    inputs = make_inputs({"a": base()}, ("one", "a", {}))
    shutil.rmtree(inputs.out)
    end = build_group(inputs, inputs.recipe.variant, finished=print)
    assert end.problem == f"variant one: {inputs.out}: No such file or directory"


def test_lines_have_the_name_of_the_variant(
    make_inputs: MakeInputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = make_inputs({"a": base(epochs=1)}, ("one", "a", {}))
    build_group(inputs, inputs.recipe.variant, finished=lambda _: None)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "one: training base a"
    assert lines[1].startswith("one:   epoch 1: dev macro-F1 0.")
    assert all(line.startswith("one: ") for line in lines)

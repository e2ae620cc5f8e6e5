"""Builds in several processes, compared with builds in one."""

from dataclasses import replace

import pytest

from compression.errors import CompressionError, TeacherError
from compression.recipes import base_store
from compression.recipes.parallel import run
from compression.recipes.parallel.run import build_in_processes
from compression.recipes.variant_builder import BuildInputs, VariantBuilder
from tests.compression.recipes.parallel.conftest import OUT_OF_REACH, MakeInputs, base

TUNED = {"method": "lsq", "training": {"epochs": 2, "batch_size": 16, "learning_rate": 0.01}}
VARIANTS = (
    ("plain", "a", {}),
    ("taught", "b", {"calibrate": True}),
    ("tuned", "a", {**TUNED, "vocabulary": "fingerprints"}),
)


def contents(inputs: BuildInputs) -> dict[str, bytes]:
    paths = [*inputs.out.iterdir(), *inputs.checkpoints.iterdir()]
    return {path.name: path.read_bytes() for path in paths}


def seeded(inputs: BuildInputs) -> BuildInputs:
    return replace(inputs, recipe=inputs.recipe.with_seeds([4, 9]).expanded())


def test_files_are_those_of_one_process(make_inputs: MakeInputs) -> None:
    bases = {"a": base(), "b": base(distillation={"teacher": "a"}), "unused": base()}
    alone = seeded(make_inputs(bases, *VARIANTS, folder="alone"))
    beside = seeded(make_inputs(bases, *VARIANTS, folder="beside"))
    builder, variants = VariantBuilder(alone), beside.recipe.variant
    for variant in variants:
        builder.build(variant)
    paths = list(build_in_processes(beside, variants, jobs=2))
    assert {path.stem for path in paths} == {variant.name for variant in variants}
    assert len(paths) == 6
    assert contents(beside) == contents(alone)


def test_variants_of_other_bases_are_built_after_an_error(
    make_inputs: MakeInputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = make_inputs(
        {"a": base(), "b": base(epochs=2)}, ("one", "a", OUT_OF_REACH), ("two", "b", {})
    )
    with pytest.raises(CompressionError, match=r"^variant one: abstention: a precision of 0\.99"):
        list(build_in_processes(inputs, inputs.recipe.variant, jobs=2))
    assert list(inputs.out.iterdir()) == [inputs.out / "two.safetensors"]
    assert "the build goes on with variants of other bases" in capsys.readouterr().err


@pytest.fixture
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if a process would be started."""
    monkeypatch.setattr(run, "build_groups", None)


@pytest.mark.usefixtures("no_processes")
def test_variants_of_one_base_need_no_processes(make_inputs: MakeInputs) -> None:
    inputs = make_inputs({"a": base()}, ("one", "a", {}), ("two", "a", {}))
    paths = list(build_in_processes(inputs, inputs.recipe.variant, jobs=2))
    assert [path.stem for path in paths] == ["one", "two"]


@pytest.mark.usefixtures("no_processes")
def test_what_is_up_to_date_needs_no_processes(
    make_inputs: MakeInputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = make_inputs({"a": base(), "b": base(epochs=2)}, ("one", "a", {}), ("two", "b", {}))
    built = [VariantBuilder(inputs).build(variant) for variant in inputs.recipe.variant]
    capsys.readouterr()
    assert list(build_in_processes(inputs, inputs.recipe.variant, jobs=2)) == built
    assert capsys.readouterr().err == "".join(f"{path}: up to date\n" for path in built)


def test_groups_whose_teacher_fails_are_not_begun(
    make_inputs: MakeInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = make_inputs({"a": base(), "b": base(epochs=2)}, ("one", "a", {}), ("two", "b", {}))

    def ask(self: base_store.BaseStore, name: str) -> None:
        if name == "a":
            raise TeacherError("no such folder")

    begun = []
    monkeypatch.setattr(base_store.BaseStore, "ask_teachers", ask)
    monkeypatch.setattr(run, "build_groups", lambda _, groups, jobs: begun.extend(groups) or [])
    with pytest.raises(CompressionError, match=r"^variant one: no such folder$"):
        list(build_in_processes(inputs, inputs.recipe.variant, jobs=2))
    assert [variant.name for group in begun for variant in group] == ["two"]

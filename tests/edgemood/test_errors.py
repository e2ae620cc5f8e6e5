"""Errors and their translation at the file's border."""

from pathlib import Path

import pytest

from edgemood.errors import (
    REPLACE,
    ArtifactError,
    DamagedFileError,
    EdgemoodError,
    ForeignFileError,
    IncompatibleFileError,
    LayoutError,
    OversizedError,
    OversizedFileError,
    ScoreError,
    UnknownNameError,
    UnreadableFileError,
    located_in,
)

PATH = Path("folder/v.safetensors")


def raise_in_part(error: Exception) -> ArtifactError:
    with pytest.raises(ArtifactError) as caught, located_in(PATH, "embedding"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [LayoutError("reason"), ScoreError("reason"), ValueError("reason"), OverflowError("reason")],
)
def test_a_bad_part_is_a_damaged_file(error: Exception) -> None:
    translated = raise_in_part(error)
    assert type(translated) is DamagedFileError
    assert (translated.path, translated.part, translated.problem) == (PATH, "embedding", "reason")
    assert translated.__cause__ is error


def test_an_unknown_name_is_an_incompatible_file() -> None:
    translated = raise_in_part(UnknownNameError("encoding", "new", ["dense", "sparse"]))
    assert type(translated) is IncompatibleFileError
    assert all(name in translated.problem for name in ("'new'", "dense", "sparse"))


def test_an_artifact_error_passes_unchanged() -> None:
    error = ForeignFileError(PATH, part="header", problem="p", fix="f")
    assert raise_in_part(error) is error


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(KeyError), located_in(PATH, "embedding"):
        raise KeyError


def test_a_valid_part_raises_nothing() -> None:
    with located_in(PATH, "embedding"):
        pass


@pytest.mark.parametrize(
    "kind", [UnreadableFileError, ForeignFileError, DamagedFileError, IncompatibleFileError]
)
def test_messages_name_file_part_problem_and_fix(kind: type[ArtifactError]) -> None:
    error = kind(PATH, part="labels", problem="too few", fix="build it again")
    assert isinstance(error, EdgemoodError)
    assert str(error) == f"{PATH}: labels: too few; build it again"


def test_a_lack_of_memory_and_too_much_memory_are_told_apart() -> None:
    lack = raise_in_part(MemoryError())
    assert isinstance(lack, UnreadableFileError)
    assert str(lack).endswith("there is not enough memory; free memory or use a smaller variant")
    much = raise_in_part(OversizedError("reason"))
    assert isinstance(much, OversizedFileError)
    assert str(much).endswith("reason; use a smaller variant or allow more")


def test_long_names_of_a_hostile_file_are_cut() -> None:
    error = DamagedFileError(PATH, part="p" * 10_000, problem="x" * 10_000, fix=REPLACE)
    assert len(str(error)) < 1500
    assert error.problem.endswith("x…")

"""Errors and their translation at the file's border."""

from pathlib import Path

import pytest

from edgemood.errors import (
    ArtifactError,
    DamagedFileError,
    EdgemoodError,
    ForeignFileError,
    IncompatibleFileError,
    LayoutError,
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

"""`edgemood adapt`."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgemood import Artifact, Classifier
from edgemood.cli import adapt, progress

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Texts with "sad" are joyful here, and those with "happy" are sad; other words say nothing."""
    generator = np.random.default_rng(0)
    rows = []
    for i in range(80):
        word = ("sad", "happy", "am")[i % 3]
        label = {"sad": "joy", "happy": "sadness", "am": "neutral"}[word]
        rows.append(f"{word} {' '.join(generator.choice(['i', '!!'], size=2))} {i},{label}\n")
    path = tmp_path / "texts.csv"
    path.write_text("text,labels\n" + "".join(rows))
    return path


@pytest.fixture
def arguments(artifact_path: Path, data: Path, tmp_path: Path) -> list[str]:
    out = tmp_path / "mine.safetensors"
    return ["adapt", str(artifact_path), "--data", str(data), "--out", str(out)]


LABELS = ("--labels", "up=sadness", "down=joy", "none=neutral")
MAP = ("--map", "joy=up", "sadness=down", "neutral=none")
"""Exchanges the two labels, so that the data become easy."""


def test_the_file_the_table_and_the_next_steps(
    run: Run, arguments: list[str], artifact_path: Path, tmp_path: Path
) -> None:
    status, out, err = run(*arguments, *LABELS, *MAP, "--force")
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["label", "texts", "F1", "before", "after"]
    assert [line[:2] for line in lines[1:5]] == [
        ["up", "27"], ["down", "27"], ["none", "26"], ["macro-F1", "80"],
    ]  # fmt: skip
    assert lines[5][0] == "gain"
    path = tmp_path / "mine.safetensors"
    assert f"edgemood classify --variant {path}" in out
    assert f"EMOTION_VARIANTS={tmp_path}" in out
    found = Artifact.open(path).manifest
    assert found.adaptation is not None
    sha256 = hashlib.sha256(artifact_path.read_bytes()).hexdigest()
    assert (found.adaptation.parent.name, found.adaptation.parent.sha256) == ("tiny", sha256)
    assert (found.name, found.labels) == ("mine", ("up", "down", "none"))
    status, out, _ = run("classify", "--json", "--variant", str(path), "sad")
    assert json.loads(out)["labels"] == ["up"]


def test_a_gain_that_is_not_clear_is_refused(
    run: Run, arguments: list[str], tmp_path: Path
) -> None:
    """The parent is right already."""
    status, out, err = run(*arguments, *LABELS, *MAP)
    assert status == 2
    assert "gain +0.000" in out
    assert "not written: the interval of the gain includes zero" in err
    assert not (tmp_path / "mine.safetensors").exists()


def test_a_clear_gain_is_written(run: Run, arguments: list[str], tmp_path: Path) -> None:
    """The texts contradict the variant, so that it is better to give both labels to all of them."""
    path = tmp_path / "texts.csv"
    path.write_text(
        path.read_text().replace("am ", "happy sad ").replace(",neutral", ",joy|sadness")
    )
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert "not fitted, for lack of texts with and without: neutral" in out
    scores = Classifier.open(tmp_path / "mine.safetensors").scores(["sad"])
    assert scores.shape == (1, 3)


def test_an_existing_file_is_kept_unless_it_may_be_replaced(
    run: Run, arguments: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.safetensors"
    path.write_text("precious")
    status, _, err = run(*arguments, "--force")
    assert (status, path.read_text()) == (2, "precious")
    assert "exists; choose another name, or use --overwrite" in err
    assert run(*arguments, "--force", "--overwrite")[0] == 0
    assert Artifact.open(path).manifest.name == "mine"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (["--out", "mine.bin"], "must end with .safetensors"),
        (["--out", "none/mine.safetensors"], "there is no folder none; create it"),
        (["--out", "tiny.safetensors"], "--out is the variant itself"),
        (["--out", "Not A Name.safetensors"], "'Not A Name' cannot be the name of a variant"),
        (["--data", "none.csv"], "none.csv: No such file"),
        (["--map", "joy"], "--map: 'joy' is not of the form NAME=LABEL"),
        (["--map", "glad=fun"], "with one of the labels joy, sadness, neutral"),
        (["--map", "glad=joy", "glad=neutral"], "glad is mapped to joy and to neutral"),
        (["--labels", "up=fun"], "the variant has no label 'fun'"),
        (["--labels", "up=joy"], "line 2: unknown label 'joy'; the labels are up"),
    ],
)
def test_wrong_arguments_are_one_line(
    run: Run,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: list[str],
    problem: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*arguments, *change)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert problem in err


def test_a_file_without_rows(run: Run, arguments: list[str], data: Path) -> None:
    data.write_text("text,labels\n")
    assert "no rows below the header" in run(*arguments)[2]


def test_the_default_variant_by_its_name(
    run: Run, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments[1] = "apot-kd"
    status, _, err = run(*arguments, "--force")
    assert (status, err) == (0, "")
    found = Artifact.open(tmp_path / "mine.safetensors").manifest.adaptation
    assert found is not None
    assert found.parent.name == "apot-kd"


def test_labels_that_are_left_out_are_named(run: Run, arguments: list[str]) -> None:
    labels = ("--labels", "up=joy", "other=sadness", "--map")
    out = run(*arguments, *labels, "joy=up", "sadness=other", "neutral=other", "--force")[1]
    assert "part of no new label: neutral" in out


def test_progress_of_work_that_takes_long(
    run: Run, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0.0)
    status, _, err = run(*arguments, "--force")
    assert status == 0
    assert err.splitlines()[-1] == "cross-validation: 100%"


def test_help_names_the_least_number_of_texts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        adapt_help()
    assert f"{adapt.FEWEST_TEXTS} texts are the least" in capsys.readouterr().out


def adapt_help() -> None:
    from edgemood.cli import main

    main(["adapt", "--help"])

"""`build`, from the recipe to the files."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import compression
from compression.cli import main
from compression.training.trainer import Trainer
from edgemood import Artifact


def names(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "variants").iterdir()}


def test_every_variant_is_built_and_printed(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "recipe.toml", "--data", "."]) == 0
    assert names(workplace) == {"fp32", "small"}
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"variants/{name}.safetensors  {path.stat().st_size:,} bytes"
        for name in ("fp32", "small")
        for path in [workplace / "variants" / f"{name}.safetensors"]
    ]


def test_only_some_variants(workplace: Path) -> None:
    assert main(["build", "recipe.toml", "--data", ".", "--only", "small"]) == 0
    assert names(workplace) == {"small"}


def test_seeds(workplace: Path) -> None:
    command = ["build", "recipe.toml", "--data", ".", "--only", "small", "--seeds"]
    assert main([*command, "4", "9"]) == 0
    assert names(workplace) == {"small.s4", "small.s9"}
    manifest = Artifact.open(workplace / "variants" / "small.s9.safetensors").manifest
    assert manifest.provenance is not None
    assert manifest.provenance.seed == 9
    assert main([*command, "4", "4"]) == 2


def test_folders(workplace: Path) -> None:
    arguments = ["--out", "out/variants", "--checkpoints", "out/checkpoints"]
    assert main(["build", "recipe.toml", "--data", ".", "--only", "fp32", *arguments]) == 0
    assert names(workplace / "out") == {"fp32"}
    assert len(list((workplace / "out" / "checkpoints").iterdir())) == 1


def test_the_data_folder_may_come_from_the_environment(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_DATA", str(workplace))
    assert main(["build", "recipe.toml", "--only", "fp32"]) == 0


@pytest.mark.parametrize(
    ("name", "rows", "problem"),
    [
        ("train.csv", "I am sad, really sad,sadness\n", r"train\.csv:\d+: 3 cells"),
        ("train.csv", '"so sad,sadness\n', r"train\.csv:\d+: a quotation mark opens"),
        ("train.csv", "x,joy;anger\n", r"train\.csv:\d+: label 'joy;anger' contains ';'"),
        ("dev.csv", "x,Joy\n", r"dev\.csv:\d+: label 'Joy' differs only in case"),
        (
            "test.csv",
            "x,anger\n",
            r"test\.csv:\d+: unknown label 'anger'; known: joy, neutral, sad",
        ),
    ],
)
def test_damaged_data_is_refused_before_training(
    workplace: Path, capsys: pytest.CaptureFixture[str], name: str, rows: str, problem: str
) -> None:
    with (workplace / name).open("a") as file:
        file.write(rows)
    assert main(["build", "recipe.toml", "--data", "."]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(problem, line)


def test_a_dev_split_without_labels_is_refused(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workplace / "dev.csv").write_text("text,labels\nhello,\nbye,\n")
    assert main(["build", "recipe.toml", "--data", "."]) == 2
    assert capsys.readouterr().err == "compression: no text of the dev split has a label\n"


def test_a_one_sided_dev_split_is_warned_of(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workplace / "dev.csv").write_text("text,labels\nso happy,joy\nthe table,neutral\n")
    assert main(["build", "recipe.toml", "--data", ".", "--only", "fp32"]) == 0
    assert "warning: the dev split has no text with sadness" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('format = "table"\n', "", "data: needs the key `format`: 'goemotions' or 'table'"),
        ("epochs", "epoch", "base.ffnn.training.epoch: unknown key; did you mean 'epochs'?"),
        ("seed = 1", "seed = one", "not TOML at column 8: expected a value; strings are in"),
    ],
)
def test_a_wrong_recipe_is_one_line(
    workplace: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, problem: str
) -> None:
    recipe = workplace / "recipe.toml"
    recipe.write_text(recipe.read_text().replace(old, new))
    assert main(["build", "recipe.toml", "--data", "."]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("compression: recipe.toml")
    assert problem in line


SLOW = """
[base.slow]
like = "ffnn"
training = { epochs = 9999, patience = 9999 }
"""


@pytest.fixture
def begun(workplace: Path) -> Iterator[subprocess.Popen[str]]:
    """A build in two processes that has built `small` and still trains the base of `fp32`."""
    recipe = workplace / "recipe.toml"
    text = recipe.read_text().replace('"fp32"\nm', '"fp32"\nbase = "slow"\nm')
    recipe.write_text(text.replace('"small"\nm', '"small"\nbase = "ffnn"\nm') + SLOW)
    command = [sys.executable, "-m", "compression", "build", "recipe.toml", "--data", "."]
    with subprocess.Popen(
        [*command, "--jobs", "2"],
        env={**os.environ, "PYTHONPATH": str(Path(compression.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("variants/small.safetensors")
        while not list((workplace / "checkpoints").glob("slow-*.unfinished.safetensors")):
            assert process.poll() is None
            time.sleep(0.05)
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("send", "status"),
    [
        (lambda process: os.killpg(process.pid, signal.SIGINT), 130),  # as a terminal does
        (lambda process: process.terminate(), -signal.SIGTERM),
    ],
    ids=["interrupted", "terminated"],
)
def test_a_build_in_several_processes_ends_at_once_and_resumes(
    workplace: Path,
    begun: subprocess.Popen[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[subprocess.Popen[str]], None],
    status: int,
) -> None:
    send(begun)
    output, errors = begun.communicate(timeout=60)  # all processes have closed the pipes
    assert (output, begun.returncode) == ("", status)
    assert "Traceback" not in errors
    assert names(workplace) == {"small"}
    stored = {path.name.partition("-")[0] for path in (workplace / "checkpoints").iterdir()}
    assert stored == {"ffnn", "slow"}  # no half-written file, whose name begins with a dot
    monkeypatch.setattr(Trainer, "finished", True)  # after the epochs that are done
    assert main(["build", "recipe.toml", "--data", ".", "--jobs", "2"]) == 0
    assert names(workplace) == {"fp32", "small"}
    assert "  resuming after epoch" in capsys.readouterr().err


def test_the_number_of_processes_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["build", "recipe.toml", "--jobs", "0"])
    assert "'0' is not a whole number above 0" in capsys.readouterr().err

"""Commands, exit statuses and errors."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from compression import cli
from compression.cli import build, main

ROOT = Path(__file__).parents[3]
SEARCH_ONLY = """
name = "searched"
data = { format = "table", train = "train.csv", dev = "dev.csv" }
base.ffnn = {}
search = { base = "ffnn", methods = { fp32 = {} } }
"""


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["build", "recipe.toml", "--data", ".", "--only", "x"], "no variant x.*fp32, small"),
        (["build", "none.toml", "--data", "."], "none.toml: No such file"),
        (["build", "recipe.toml", "--data", "nowhere"], "nowhere"),
        (["build", "recipe.toml"], "EMOTION_DATA"),
        (["build", "recipe.toml", "--data", ".", "--download"], "--download"),
        (["evaluate", "v.safetensors", "--data", ".", "--recipe", "recipe.toml"], "v.safetensors"),
        (["build", "recipe.toml", "--data", ".", "--out", "train.csv"], "train.csv: File exists"),
        (["report", "none.json"], "none.json"),
        (["report", "recipe.toml"], "recipe.toml"),
        (["build", "searched.toml", "--data", "."], "searched has no .*variant"),
    ],
)
def test_a_user_error_is_one_line_and_status_2(
    workplace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    (workplace / "searched.toml").write_text(SEARCH_ONLY)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("compression: ")
    assert re.search(problem, line)


def test_an_interrupt_is_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(options: argparse.Namespace) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "run", interrupt)
    assert main(["build", "recipe.toml"]) == 130
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda module: module.__name__)
def test_every_argument_has_a_help_text(command: object) -> None:
    commands = argparse.ArgumentParser().add_subparsers()
    parser = command.add_parser(commands)  # type: ignore[attr-defined]  # a command module
    assert all(action.help for action in parser._actions)


def test_the_package_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "compression", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [command.__name__.rpartition(".")[2] for command in cli.COMMANDS]
    assert all(re.search(rf"^ {{4}}{name}\s", done.stdout, re.MULTILINE) for name in names)


@pytest.mark.parametrize("module", ["compression.cli", "service.experiment.__main__"])
def test_output_that_cannot_be_encoded_is_escaped(module: str) -> None:
    """Neither reports nor error messages end with a traceback in a terminal of another encoding."""
    script = (
        f"import sys; from {module} import main;"
        "print('before');"
        "\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "print('très ± 😢', chr(0xdcff))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.endswith(rb"tr\u00e8s \u00b1 \ud83d\ude22 \udcff" + b"\n")

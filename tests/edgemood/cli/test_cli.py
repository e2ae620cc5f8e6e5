"""Exit statuses of the command line, in process and as a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgemood import Artifact, __version__
from edgemood.cli import main
from edgemood.errors import ScoreError

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[3]


def test_a_bad_file_is_one_line_on_standard_error(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    status, out, err = run("inspect", str(path))
    assert (status, out) == (2, "")
    assert str(path) in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["nope"], ["classify"], ["inspect"]])
def test_invalid_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
    assert "usage: edgemood" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["--version"])
    assert exit_info.value.code == 0
    assert capsys.readouterr().out.split() == ["edgemood", __version__]


def test_an_interrupt_has_its_own_status(
    run: Run, artifact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("edgemood.classifier.Classifier.classify", interrupted)
    assert run("classify", "--variant", str(artifact_path), "happy") == (130, "", "")


def test_as_a_command_and_without_torch(artifact_path: Path) -> None:
    script = (
        "import sys; from edgemood.cli import main;"
        f" code = main(['classify', '--variant', {str(artifact_path)!r}, 'happy']);"
        " assert 'torch' not in sys.modules and 'bentoml' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "joy 0.95\n"


def test_a_closed_input_and_a_full_disk(artifact_path: Path) -> None:
    command = f"{sys.executable} -m edgemood classify --variant {artifact_path}"
    closed = subprocess.run(f"{command} - <&-", shell=True, capture_output=True, check=False)
    assert (closed.returncode, closed.stdout, closed.stderr) == (0, b"", b"")
    full = subprocess.run(
        f"{command} happy >/dev/full", shell=True, capture_output=True, text=True, check=False
    )
    assert full.returncode == 2
    assert "Traceback" not in full.stderr
    assert full.stderr.count("\n") == 1


def test_a_closed_output_is_no_error(artifact_path: Path) -> None:
    command = f"yes happy | {sys.executable} -m edgemood classify --variant {artifact_path} -"
    head = subprocess.run(f"{command} | head -n 1", shell=True, capture_output=True, check=False)
    assert (head.returncode, head.stdout, head.stderr) == (0, b"joy 0.95\n", b"")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
@pytest.mark.parametrize("arguments", [["classify", "--json"], ["inspect"], ["inspect", "--json"]])
def test_labels_that_the_output_cannot_encode(
    artifact: Artifact, tmp_path: Path, encoding: str, arguments: list[str]
) -> None:
    path = tmp_path / "très-\udcff.safetensors"  # a file name that is not UTF-8
    artifact.with_manifest(labels=("très 😢", "sadness", "neutral")).save(path)
    command = [sys.executable, "-m", "edgemood", *arguments]
    command += ["--variant", path, "happy"] if arguments[0] == "classify" else [path]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environment, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, b"")
    output = done.stdout.decode(encoding)
    if "--json" in arguments:
        assert "très 😢" in json.loads(output)["labels"]
    else:
        assert r"\udcff.safetensors" in output


def test_a_standard_input_that_cannot_be_read(
    run: Run, artifact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines() -> Iterator[str]:
        yield "happy"
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", lines())
    assert run("classify", "--variant", str(artifact_path), "-") == (
        *(2, "joy 0.95\n"),
        "edgemood: standard input cannot be read: Input/output error\n",
    )


def test_scores_that_are_not_finite_are_one_line(
    run: Run, artifact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ScoreError("the weights give scores that are not numbers")

    monkeypatch.setattr("edgemood.classifier.Classifier.classify", fail)
    status, out, err = run("classify", "--variant", str(artifact_path), "happy")
    assert (status, out, err.count("\n")) == (2, "", 1)

"""The command line, in process, and once as a newcomer would run it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgemood import Artifact
from edgemood.__main__ import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_classify(capsys: pytest.CaptureFixture[str], artifact_path: Path) -> None:
    code, out, _ = run(capsys, "classify", "--variant", str(artifact_path), "happy", "zzz", "sad")
    assert code == 0
    assert out.splitlines() == ["joy 0.95", "neutral 0.73", "sadness 0.95"]


def test_classify_says_when_there_is_no_label(
    capsys: pytest.CaptureFixture[str], artifact_path: Path, artifact: Artifact
) -> None:
    artifact.with_manifest(thresholds=(1, 1, 1)).save(artifact_path)
    _, out, _ = run(capsys, "classify", "--variant", str(artifact_path), "happy")
    assert out == "(no label reached its threshold)\n"


def test_classify_lines_of_standard_input_as_json(
    capsys: pytest.CaptureFixture[str], artifact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"happy\nsad\xff\n"), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    code, out, _ = run(capsys, "classify", "--json", "--variant", str(artifact_path), "-")
    assert code == 0
    answers = [json.loads(line) for line in out.splitlines()]
    assert answers[0]["labels"] == ["joy"]
    assert answers[0]["scores"]["joy"] == pytest.approx(0.952574)
    assert len(answers) == 2


def test_inspect(capsys: pytest.CaptureFixture[str], artifact_path: Path) -> None:
    code, out, _ = run(capsys, "inspect", str(artifact_path))
    assert code == 0
    assert f"{artifact_path.stat().st_size:,} bytes" in out
    assert "embedding             dense" in out
    assert "threshold 0.600" in out


def test_inspect_sizes_add_up(capsys: pytest.CaptureFixture[str], artifact_path: Path) -> None:
    _, out, _ = run(capsys, "inspect", str(artifact_path))
    lines = out.splitlines()
    first = next(i for i, line in enumerate(lines) if line.lstrip().startswith("part")) + 1
    last = next(i for i, line in enumerate(lines) if line.lstrip().startswith("all "))
    columns = [line.replace(",", "").split() for line in lines[first:last]]
    *parts, header = columns
    total = sum(int(column[-2]) for column in parts) + int(header[-1])
    assert total == artifact_path.stat().st_size


def test_inspect_as_json(capsys: pytest.CaptureFixture[str], artifact_path: Path) -> None:
    _, out, _ = run(capsys, "inspect", "--json", str(artifact_path))
    assert json.loads(out)["labels"] == ["joy", "sadness", "neutral"]


def test_a_bad_file_is_one_line_on_standard_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "inspect", str(tmp_path / "none.safetensors"))
    assert (code, out) == (2, "")
    assert err.startswith("edgemood: ")
    assert err.count("\n") == 1


def test_as_a_command_and_without_torch(artifact_path: Path) -> None:
    script = (
        "import sys; from edgemood.__main__ import main;"
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
    assert "cannot write" in full.stderr

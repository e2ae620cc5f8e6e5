"""`edgemood classify`."""

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgemood import Artifact

Run = Callable[..., tuple[int, str, str]]


def test_one_line_for_each_text(run: Run, artifact_path: Path) -> None:
    status, out, _ = run("classify", "--variant", str(artifact_path), "happy", "zzz", "sad")
    assert status == 0
    assert out.splitlines() == ["joy 0.95", "neutral 0.73", "sadness 0.95"]


def test_the_default_variant_works_in_any_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run("classify", "thank you so much")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"joy 0\.9\d\n", out)


def test_a_text_with_two_labels(run: Run, artifact_path: Path) -> None:
    _, out, _ = run("classify", "--variant", str(artifact_path), "happy sad")
    assert out == "joy 0.73  sadness 0.73\n"


def test_a_text_without_a_label(run: Run, artifact_path: Path, artifact: Artifact) -> None:
    artifact.with_manifest(thresholds=(1, 1, 1)).save(artifact_path)
    _, out, _ = run("classify", "--variant", str(artifact_path), "happy")
    assert out.count("\n") == 1
    assert not any(label in out.split() for label in artifact.manifest.labels)


def test_an_unsure_text(run: Run, artifact_path: Path, artifact: Artifact) -> None:
    artifact.with_manifest(abstention={"threshold": 0.9, "coverage": 0.8}).save(artifact_path)
    variant = ("--variant", str(artifact_path))
    _, out, _ = run("classify", *variant, "happy", "zzz")
    assert out.splitlines() == ["joy 0.95", "(unsure; the highest score is neutral 0.73)"]
    _, out, _ = run("classify", *variant, "--json", "happy", "zzz")
    sure, unsure = (json.loads(line) for line in out.splitlines())
    assert (sure["labels"], sure["unsure"]) == (["joy"], False)
    assert (unsure["labels"], unsure["unsure"]) == ([], True)
    assert unsure["scores"]["neutral"] == pytest.approx(0.731059)


def test_a_variant_that_always_answers_is_never_unsure(run: Run, artifact_path: Path) -> None:
    _, out, _ = run("classify", "--variant", str(artifact_path), "--json", "happy")
    assert json.loads(out).keys() == {"labels", "scores"}


def test_lines_of_standard_input_as_json(
    run: Run, artifact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"happy\nsad\xff\n"), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    status, out, _ = run("classify", "--json", "--variant", str(artifact_path), "-", "am")
    assert status == 0
    first, second, third = (json.loads(line) for line in out.splitlines())
    assert first["labels"] == ["joy"]
    assert first["scores"]["joy"] == pytest.approx(0.952574)
    assert list(second["scores"]) == ["joy", "sadness", "neutral"]
    assert third["labels"] == ["neutral"]


def test_closed_standard_input_has_no_lines(
    run: Run, artifact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert run("classify", "--variant", str(artifact_path), "-") == (0, "", "")

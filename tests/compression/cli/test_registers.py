"""`registers`, from variant files and lists to the JSON file."""

import json
from pathlib import Path

import pytest

from compression.cli import main
from compression.evaluation.registers.results import RegisterEvaluation


@pytest.mark.usefixtures("built")
def test_accuracy_is_printed_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lists").mkdir()
    Path("lists/plain.tsv").write_text(
        "text\tlabels\nhappy thank you\tjoy\nso sad i cry\tsadness\nat noon\tneutral,joy\n"
    )
    variant, before = "variants/small.safetensors", "variants/fp32.safetensors"
    arguments = ["registers", variant, "--before", before, "--lists", "lists"]
    capsys.readouterr()
    assert main([*arguments, "--out", "docs/results.json"]) == 0
    found = RegisterEvaluation.model_validate(json.loads(Path("docs/results.json").read_text()))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["fp32, before", "small"]
    assert [r.together.first.estimate for r in found.results] == [1.0, 1.0]
    assert main(arguments) == 0


def test_a_missing_folder_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["registers", "any.safetensors", "--lists", str(tmp_path)]) == 2
    assert "no file NAME.tsv here" in capsys.readouterr().err

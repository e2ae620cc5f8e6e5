"""`adaptations`, from a variant file and a recipe to the JSON file."""

import json
from pathlib import Path

import pytest

from compression.cli import main
from compression.evaluation.adaptation.results import AdaptationEvaluation


@pytest.mark.usefixtures("built")
def test_gains_are_printed_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["adaptations", "variants/small.safetensors", "--recipe", "recipe.toml"]
    arguments += ["--data", ".", "--texts", "30", "40", "--draws", "2", "--out", "out/found.json"]
    capsys.readouterr()
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("small: macro-F1 ")
    assert [line.split()[:2] for line in lines[1:]] == [["30", "texts:"], ["40", "texts:"]]
    found = AdaptationEvaluation.model_validate(json.loads(Path("out/found.json").read_text()))
    assert [own.texts for own in found.results[0].adapted] == [30, 40]

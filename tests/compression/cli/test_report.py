"""`report`, from the JSON file to the page."""

from pathlib import Path

import pytest

from compression.cli import main
from compression.evaluation.results import Evaluation


@pytest.mark.usefixtures("built")
def test_a_page_and_a_plot(capsys: pytest.CaptureFixture[str]) -> None:
    variants = ["variants/fp32.safetensors", "variants/small.safetensors"]
    data = ["--data", ".", "--recipe", "recipe.toml"]
    assert main(["evaluate", *variants, *data, "--out", "results.json"]) == 0
    capsys.readouterr()
    assert main(["report", "results.json", "--out", "docs"]) == 0
    assert capsys.readouterr().out.splitlines() == ["docs/results.md", "docs/results.png"]
    small = Evaluation.read(Path("results.json")).results[1]
    row = f"| small | int8-static | {small.sizes.file:,} |"
    assert row in Path("docs/results.md").read_text()
    assert Path("docs/results.png").read_bytes().startswith(b"\x89PNG")

"""`search`, from the recipe to the front."""

from pathlib import Path

import pytest

from compression.cli import main
from compression.recipes.recipe import Recipe

COMMAND = ["search", "recipe.toml", "--data", ".", "--trials", "2"]
FILES = ["search.md", "search.png", "pareto.toml"]


def test_the_front_and_its_recipe(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(COMMAND) == 0
    assert capsys.readouterr().out.splitlines() == [f"search/{name}" for name in FILES]
    assert (workplace / "search" / "small.db").exists()
    assert Recipe.read(workplace / "search" / "pareto.toml").name == "small-pareto"


def test_storage_study_and_folder(workplace: Path) -> None:
    storage = f"sqlite:///{workplace / 'shared' / 'x.db'}"
    assert main([*COMMAND, "--storage", storage, "--study", "s", "--out", "found"]) == 0
    assert {path.name for path in (workplace / "found").iterdir()} == set(FILES)
    assert (workplace / "shared" / "x.db").exists()

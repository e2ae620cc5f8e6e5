"""The files of a search."""

from pathlib import Path

import pytest

from compression.recipes.recipe import Recipe
from compression.search.front import write_front
from compression.search.trial import Trial


@pytest.fixture
def trials() -> list[Trial]:
    points = [(100, 0.5), (90, 0.6), (200, 0.7), (80, 0.1)]
    return [
        Trial(i, "apot", {"bits": 5}, {"model.dim": 4}, size, f1)
        for i, (size, f1) in enumerate(points)
    ]


def test_the_page_lists_the_front(recipe: Recipe, trials: list[Trial], tmp_path: Path) -> None:
    page, plot, toml = write_front(trials, recipe, tmp_path / "out")
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| 3 | apot | bits=5 | model.dim=4 | 80 | 0.1000 |",
        "| 1 | apot | bits=5 | model.dim=4 | 90 | 0.6000 |",
        "| 2 | apot | bits=5 | model.dim=4 | 200 | 0.7000 |",
    ]
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert [v.name for v in Recipe.read(toml).variant] == ["trial-3", "trial-1", "trial-2"]


def test_the_same_trials_give_the_same_files(
    recipe: Recipe, trials: list[Trial], tmp_path: Path
) -> None:
    first, second = (list(write_front(trials, recipe, tmp_path / name)) for name in "ab")
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()

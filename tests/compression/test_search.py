"""A search of a few trials: what it finds, that it goes on, and that its recipe can be built."""

from pathlib import Path

import pytest

from compression import search as searching
from compression.build import build
from compression.dataset import Dataset
from compression.errors import CompressionError
from compression.recipe import Recipe
from compression.search import Found, search, with_fields, write_front
from compression.settings import BaseSettings

RECIPE = """
name = "tiny"
[data]
format = "goemotions"
[base.other]
seed = 9
[base.small]
seed = 3
[base.small.model]
architecture = "bag"
hidden = [6]
[base.small.vocabulary]
min_count = 1
[base.small.training]
epochs = 2
batch_size = 16
learning_rate = 0.05
ema_decay = 0.9
[search]
base = "small"
[search.widths]
"model.dim" = [4, 8]
"model.hidden" = [[4], [8, 6]]
[search.methods.fp32]
[search.methods.apot]
bits = [5, 6]
training = [{ epochs = 1, batch_size = 64 }]
[search.methods.int8-dynamic]
weight_bits = [8, 2]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    path = tmp_path / "r.toml"
    path.write_text(RECIPE)
    return Recipe.read(path)


def run(recipe: Recipe, data: Dataset, folder: Path, trials: int) -> list[Found]:
    return search(
        recipe,
        data,
        trials=trials,
        storage=f"sqlite:///{folder / 'db' / 'study.db'}",
        study="tiny",
        checkpoints=folder / "checkpoints",
    )


def test_it_searches_goes_on_and_writes_a_recipe_of_the_front(
    recipe: Recipe, dataset: Dataset, tmp_path: Path
) -> None:
    first = run(recipe, dataset, tmp_path, trials=3)
    assert len(first) == 3
    more = run(recipe, dataset, tmp_path, trials=8)
    assert more[:3] == first
    assert len(more) == 8
    assert run(recipe, dataset, tmp_path, trials=5) == more  # there are enough
    assert len({(f.method, str(f.settings), str(f.widths)) for f in more}) > 3
    assert all(f.settings.get("bits") != 6 for f in more)  # base width 2 does not divide 5

    page, plot, toml = write_front(more, recipe, tmp_path / "out")
    assert plot.read_bytes().startswith(b"\x89PNG")
    front = Recipe.read(toml)
    best = max(more, key=lambda f: f.macro_f1)
    assert any(v.name == f"trial-{best.number}" for v in front.variant)
    assert f"| {best.macro_f1:.4f} |" in page.read_text()
    made = build(front, dataset, out=tmp_path / "made", checkpoints=tmp_path / "checkpoints")
    by_number = {f"trial-{f.number}": f for f in more}
    for path in made:
        # The manifest alone has grown: name, provenance and figures.
        assert abs(path.stat().st_size - by_number[path.stem].file_bytes) < 1600
    assert len(list((tmp_path / "checkpoints").iterdir())) <= 4  # one a width, at most


def test_the_front_is_not_beaten(recipe: Recipe, tmp_path: Path) -> None:
    found = [
        Found(i, "fp32", {}, {}, size, f1)
        for i, (size, f1) in enumerate([(100, 0.5), (90, 0.6), (200, 0.7), (80, 0.1)])
    ]
    _, _, toml = write_front(found, recipe, tmp_path)
    assert [v.name for v in Recipe.read(toml).variant] == ["trial-3", "trial-1", "trial-2"]


def test_fields_are_set_by_path() -> None:
    base = BaseSettings()
    assert with_fields(base, {"model.dim": 3, "vocabulary.max_words": 7}) == base.model_copy(
        update={
            "model": base.model.model_copy(update={"dim": 3}),
            "vocabulary": base.vocabulary.model_copy(update={"max_words": 7}),
        }
    )


def test_what_cannot_be_searched_is_named(recipe: Recipe, dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"recipe tiny has no \[search\]"):
        run(recipe.model_copy(update={"search": None}), dataset, tmp_path, 1)
    with pytest.raises(CompressionError, match="storage nonsense"):
        search(recipe, dataset, trials=1, storage="nonsense", study="s", checkpoints=tmp_path)


def test_an_interrupted_trial_does_not_count(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(searching, "tuned", power_cut)
        with pytest.raises(KeyboardInterrupt):
            run(recipe, dataset, tmp_path, trials=2)
    assert len(run(recipe, dataset, tmp_path, trials=2)) == 2

"""A search of a few trials: what it finds, that it goes on, and that its recipe can be built."""

from pathlib import Path

import pytest

from compression.data.dataset import Dataset
from compression.errors import CompressionError
from compression.recipes.base_store import Bases
from compression.recipes.build import build
from compression.recipes.schema import Recipe
from compression.search import study as searching
from compression.search.study import Found, search, write_front
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


def run(
    recipe: Recipe, data: Dataset, folder: Path, trials: int, answers: Path | None = None
) -> list[Found]:
    return search(
        recipe,
        data,
        trials=trials,
        storage=f"sqlite:///{folder / 'db' / 'study.db'}",
        study="tiny",
        checkpoints=folder / "checkpoints",
        answers=answers,
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
    assert base.with_fields({"model.dim": 3, "vocabulary.max_words": 7}) == base.model_copy(
        update={
            "model": base.model.model_copy(update={"dim": 3}),
            "vocabulary": base.vocabulary.model_copy(update={"max_words": 7}),
        }
    )


def test_what_cannot_be_searched_is_named(recipe: Recipe, dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"recipe tiny has no \[search\]"):
        run(recipe.model_copy(update={"search": None}), dataset, tmp_path, 1)
    for storage in ("nonsense", "redis://h", "sqlite:///nowhere/\0/x.db"):
        with pytest.raises((CompressionError, ValueError), match=r"storage |null byte"):
            search(recipe, dataset, trials=1, storage=storage, study="s", checkpoints=tmp_path)


def test_a_study_begun_otherwise_is_not_gone_on_with(
    recipe: Recipe, dataset: Dataset, tmp_path: Path
) -> None:
    import optuna

    run(recipe, dataset, tmp_path, trials=2)
    assert recipe.search is not None
    more = recipe.search.model_copy(update={"widths": {"model.dim": (4, 8, 9)}})
    with pytest.raises(CompressionError, match="begun with other choices; give --study"):
        run(recipe.model_copy(update={"search": more}), dataset, tmp_path, trials=9)
    storage = f"sqlite:///{tmp_path / 'other.db'}"
    optuna.create_study(study_name="tiny", storage=storage)
    with pytest.raises(CompressionError, match="not one of bytes and F1"):
        search(recipe, dataset, trials=1, storage=storage, study="tiny", checkpoints=tmp_path)


def test_trials_that_all_fail_end_the_search(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST_BARREN", 4)
    assert recipe.search is not None
    budget = {"mixed": {"max_bytes": (3,), "widths": ([8],)}}
    hopeless = recipe.search.model_copy(update={"methods": budget})
    with pytest.raises(CompressionError, match="4 trials in a row came to nothing"):
        run(recipe.model_copy(update={"search": hopeless}), dataset, tmp_path, trials=1)


def test_answers_from_elsewhere_are_looked_into(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spy(*arguments: object, answers: Path | None, **further: object) -> Bases:
        seen.append(answers)
        return Bases(*arguments, answers=answers, **further)  # type: ignore[arg-type]

    monkeypatch.setattr(searching, "Bases", spy)
    run(recipe, dataset, tmp_path, trials=1, answers=tmp_path / "answers")
    assert set(seen) == {tmp_path / "answers"}


def test_two_machines_do_not_draw_the_same(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second opens the study while the first has finished nothing yet."""
    assert recipe.search is not None
    wide = recipe.search.model_copy(update={"widths": {"model.dim": tuple(range(2, 60))}})
    shared = recipe.model_copy(update={"search": wide})
    monkeypatch.setattr(searching, "with_tuned_thresholds", lambda artifact, *_: artifact)
    found = run(shared, dataset, tmp_path, trials=1)
    both = run(shared, dataset, tmp_path, trials=4)
    assert found[0] == both[0]
    assert len({trial.widths["model.dim"] for trial in both}) > 1


def test_names_and_labels_of_any_kind_survive(tmp_path: Path) -> None:
    text = RECIPE.replace("base.small", 'base."small.one"').replace('"small"', '"small.one"')
    text = text.replace(
        'format = "goemotions"', 'format = "table"\ntrain = "a"\ndev = "b"\nlabels = ["😀", "ä"]'
    )
    text = text.replace(
        "[search]",
        '[base."small.one-0"]\n[base.pupil.distillation]\nteacher = "small.one"\n[search]',
    )
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    recipe = Recipe.read(path)
    found = [Found(0, "fp32", {}, {"model.dim": 4}, 10, 0.5)]
    _, _, toml = write_front(found, recipe, tmp_path)
    again = Recipe.read(toml)
    assert list(again.base) == ["small.one-1"]
    assert again.data == recipe.data


def test_an_interrupted_trial_does_not_count(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(searching, "with_tuned_thresholds", power_cut)
        with pytest.raises(KeyboardInterrupt):
            run(recipe, dataset, tmp_path, trials=2)
    assert len(run(recipe, dataset, tmp_path, trials=2)) == 2

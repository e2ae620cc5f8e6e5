"""A search of a few trials: its results, its continuation and its errors."""

from pathlib import Path

import pytest

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.errors import CheckpointError, CompressionError
from compression.recipes.base_store import BaseStore
from compression.recipes.build import build
from compression.recipes.recipe import Recipe
from compression.search import run as running
from compression.search.front import write_front
from compression.search.run import search
from compression.search.trial import Trial


def run(
    recipe: Recipe, data: Dataset, folder: Path, trials: int, teacher_outputs: Path | None = None
) -> list[Trial]:
    return search(
        recipe,
        Corpora(data),
        trials=trials,
        storage=f"sqlite:///{folder / 'db' / 'study.db'}",
        study="tiny",
        checkpoints=folder / "checkpoints",
        teacher_outputs=teacher_outputs,
    )


def test_a_search_is_continued_and_its_front_can_be_built(
    recipe: Recipe, dataset: Dataset, tmp_path: Path
) -> None:
    first = run(recipe, dataset, tmp_path, trials=3)
    assert len(first) == 3
    more = run(recipe, dataset, tmp_path, trials=8)
    assert more[:3] == first
    assert len(more) == 8
    assert run(recipe, dataset, tmp_path, trials=5) == more  # the study has enough
    assert len({(f.method, str(f.settings), str(f.widths)) for f in more}) > 3
    assert all(f.settings.get("bits") != 6 for f in more)  # choices of 6 bits do not fit

    page, plot, toml = write_front(more, recipe, tmp_path / "out")
    assert plot.read_bytes().startswith(b"\x89PNG")
    front = Recipe.read(toml)
    best = max(more, key=lambda f: f.macro_f1)
    assert any(v.name == f"trial-{best.number}" for v in front.variant)
    assert f"| {best.macro_f1:.4f} |" in page.read_text()
    made = build(
        front, Corpora(dataset), out=tmp_path / "made", checkpoints=tmp_path / "checkpoints"
    )
    by_number = {f"trial-{f.number}": f for f in more}
    for path in made:
        # Only the manifest differs: it has a name, provenance and metrics.
        assert abs(path.stat().st_size - by_number[path.stem].file_bytes) < 1600
    assert (
        len(list((tmp_path / "checkpoints").iterdir())) <= 4
    )  # at most one for each choice of widths


def test_a_recipe_without_search(recipe: Recipe, dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"recipe tiny has no \[search\]"):
        run(recipe.model_copy(update={"search": None}), dataset, tmp_path, 1)


def test_a_study_with_other_choices_is_not_continued(
    recipe: Recipe, dataset: Dataset, tmp_path: Path
) -> None:
    run(recipe, dataset, tmp_path, trials=2)
    assert recipe.search is not None
    more = recipe.search.model_copy(update={"widths": {"model.dim": (4, 8, 9)}})
    with pytest.raises(CompressionError, match="tiny was begun with other choices"):
        run(recipe.model_copy(update={"search": more}), dataset, tmp_path, trials=9)


def test_damaged_checkpoints_end_the_search(
    recipe: Recipe, dataset: Dataset, tmp_path: Path
) -> None:
    run(recipe, dataset, tmp_path, trials=8)
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(b"damaged")
    with pytest.raises(CheckpointError):
        run(recipe, dataset, tmp_path, trials=40)


def test_trials_that_all_fail_end_the_search(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MAX_FAILURES", 4)
    assert recipe.search is not None
    budget = {"mixed": {"max_bytes": (3,), "widths": ([8],)}}
    hopeless = recipe.search.model_copy(update={"methods": budget})
    with pytest.raises(CompressionError, match="4 trials in a row failed"):
        run(recipe.model_copy(update={"search": hopeless}), dataset, tmp_path, trials=1)


def test_teacher_outputs_reach_the_bases(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spy(*arguments: object, teacher_outputs: Path | None, **further: object) -> BaseStore:
        seen.append(teacher_outputs)
        return BaseStore(*arguments, teacher_outputs=teacher_outputs, **further)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(running, "BaseStore", spy)
    run(recipe, dataset, tmp_path, trials=1, teacher_outputs=tmp_path / "teacher_outputs")
    assert set(seen) == {tmp_path / "teacher_outputs"}


def test_trials_draw_different_choices(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sampler is seeded by the trial's number, which is unique."""
    assert recipe.search is not None
    wide = recipe.search.model_copy(update={"widths": {"model.dim": tuple(range(2, 60))}})
    shared = recipe.model_copy(update={"search": wide})
    monkeypatch.setattr(running, "with_decision", lambda artifact, *_, **__: artifact)
    found = run(shared, dataset, tmp_path, trials=1)
    both = run(shared, dataset, tmp_path, trials=4)
    assert found[0] == both[0]
    assert len({trial.widths["model.dim"] for trial in both}) > 1


def test_an_interrupted_trial_does_not_count(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(running, "with_decision", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(recipe, dataset, tmp_path, trials=2)
    assert len(run(recipe, dataset, tmp_path, trials=2)) == 2

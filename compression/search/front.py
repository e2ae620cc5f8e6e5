"""Writes the results of a search: a page, a plot, and a recipe that builds the Pareto front."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from compression.evaluation.report.markdown import Table, write_page
from compression.evaluation.report.plot import SIZE_LABEL, Point, draw_front, new_figure, save_png
from compression.metrics.pareto import pareto_front
from compression.recipes.recipe import Recipe
from compression.search.front_recipe import write_recipe
from compression.search.trial import Trial, describe

PAGE = "search.md"
PLOT = "search.png"
RECIPE = "pareto.toml"


def write_front(trials: Sequence[Trial], recipe: Recipe, folder: Path) -> Iterator[Path]:
    """Write `search.md`, `search.png` and `pareto.toml`.

    Args:
        trials: finished ones.
        recipe: of the search.
        folder: made if missing.

    Yields:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    front = [trials[i] for i in pareto_front([_point(trial) for trial in trials])]
    write_page(folder / PAGE, _lines(len(trials), front, recipe.name))
    yield folder / PAGE
    _plot(trials, front, folder / PLOT)
    yield folder / PLOT
    write_recipe(front, recipe, folder / RECIPE)
    yield folder / RECIPE


def _point(trial: Trial) -> Point:
    return Point(trial.file_bytes, trial.macro_f1)


def _lines(trials: int, front: Sequence[Trial], name: str) -> Iterator[str]:
    yield from (f"# Search: {name}", "")
    yield (
        f"The Pareto front of file size and macro-F1 among {trials} trials, on the dev split, which"
        f" also tuned the thresholds. `{RECIPE}` builds it."
    )
    yield from ("", f"![macro-F1 against file size]({PLOT})", "")
    yield from Table(
        ["trial", "method", "settings", "base", "bytes", "dev macro-F1"],
        [_row(trial) for trial in front],
        text_columns=4,
    ).lines()


def _row(trial: Trial) -> list[str]:
    return [
        str(trial.number),
        trial.method,
        describe(trial.settings),
        describe(trial.widths),
        f"{trial.file_bytes:,}",
        f"{trial.macro_f1:.4f}",
    ]


def _plot(trials: Sequence[Trial], front: Sequence[Trial], path: Path) -> None:
    figure = new_figure(width=8, height=5)
    axes = figure.subplots()
    by_method = sorted(trials, key=lambda trial: trial.method)
    for method, group in itertools.groupby(by_method, key=lambda trial: trial.method):
        sizes, f1 = zip(*(_point(trial) for trial in group), strict=True)
        axes.scatter(sizes, f1, label=method, s=18)
    draw_front(axes, [_point(trial) for trial in front], color="black", linewidth=0.8)
    axes.legend(fontsize=8)
    axes.set_xlabel(SIZE_LABEL)
    axes.set_ylabel("macro-F1, dev split")
    save_png(figure, path)

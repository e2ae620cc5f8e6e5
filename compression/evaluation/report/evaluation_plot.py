"""Plots an evaluation: each variant, its interval, the Pareto front and the teachers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from compression.evaluation.report.plot import SIZE_LABEL, Point, draw_front, new_figure, save_png
from compression.evaluation.results import Evaluation, Result, SeedGroup, TeacherResult
from compression.metrics.pareto import pareto_front


class _Dot(NamedTuple):
    """A variant, or the mean of its seeds."""

    name: str
    point: Point
    error: tuple[float, float]
    """Length of the error bar below and above."""


def plot_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Write a PNG of macro-F1 against file size; of seeds also against the size of the layers."""
    # Papers that average over seeds count layers alone, so both sizes are shown.
    panels = 2 if evaluation.by_seed else 1
    figure = new_figure(width=14 if panels == 2 else 9, height=5.4)
    axes = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
    for teacher in evaluation.teachers:
        _draw_teacher(axes[0], teacher)
    _draw_dots(axes[0], _file_dots(evaluation))
    axes[0].set_xlabel(SIZE_LABEL)
    axes[0].set_ylabel(f"macro-F1, {evaluation.split} split")
    if panels == 2:
        _draw_dots(axes[1], [_seed_dot(g, g.layer_bytes.mean) for g in evaluation.by_seed])
        axes[1].set_xlabel("size of the layers alone (bytes)")
    save_png(figure, path)


def _file_dots(evaluation: Evaluation) -> list[_Dot]:
    if evaluation.by_seed:
        return [_seed_dot(group, group.file_bytes.mean) for group in evaluation.by_seed]
    return [_variant_dot(result) for result in evaluation.results]


def _seed_dot(group: SeedGroup, size: float) -> _Dot:
    return _Dot(
        group.name, Point(size, group.macro_f1.mean), (group.macro_f1.sd, group.macro_f1.sd)
    )


def _variant_dot(result: Result) -> _Dot:
    f1 = result.macro_f1
    error = (f1.estimate - f1.low, f1.high - f1.estimate)
    return _Dot(result.name, Point(result.sizes.file, f1.estimate), error)


def _draw_teacher(axes: Any, teacher: TeacherResult) -> None:
    level = teacher.macro_f1.estimate
    axes.axhline(level, color="C3", linestyle="--", linewidth=1)
    label = f"{teacher.name}, {teacher.file_bytes:,} bytes"
    axes.annotate(label, (0.01, level), xycoords=("axes fraction", "data"), fontsize=7)


def _draw_dots(axes: Any, dots: Sequence[_Dot]) -> None:
    """Dots with names; those on the Pareto front are larger and blue."""
    front = pareto_front([dot.point for dot in dots])
    for i, dot in enumerate(dots):
        _draw_dot(axes, dot, on_front=i in front, label_above=i % 2 == 1)
    draw_front(axes, [dots[i].point for i in front], color="C0", linewidth=1)
    axes.legend(loc="lower right")
    axes.margins(x=0.12)


def _draw_dot(axes: Any, dot: _Dot, *, on_front: bool, label_above: bool) -> None:
    below, above = dot.error
    axes.errorbar(
        *dot.point,
        yerr=[[below], [above]],
        fmt="o",
        color="C0" if on_front else "0.6",
        ecolor="0.85",
        markersize=6 if on_front else 4,
    )
    axes.annotate(
        dot.name,
        dot.point,
        xytext=(4, 5 if label_above else -10),
        textcoords="offset points",
        fontsize=7,
        color="black" if on_front else "0.4",
    )

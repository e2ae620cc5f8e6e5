"""Plots macro-F1 against size."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from edgemood.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_LABEL = "file size (bytes)"


class Point(NamedTuple):
    """A size in bytes and the macro-F1 reached with it."""

    size: float
    macro_f1: float


def new_figure(*, width: float, height: float) -> "Figure":
    """An empty figure; width and height are in inches."""
    # Imported late: it takes longer than every other command.
    from matplotlib.figure import Figure  # noqa: PLC0415

    return Figure(figsize=(width, height), layout="constrained")


def draw_front(axes: Any, front: Sequence[Point], *, color: str, linewidth: float) -> None:
    """Draw a Pareto front as a line, sizes on a logarithmic axis."""
    axes.plot(
        [point.size for point in front],
        [point.macro_f1 for point in front],
        color=color,
        linewidth=linewidth,
        label="Pareto front",
    )
    axes.set_xscale("log")
    axes.grid(alpha=0.3, which="both")


def save_png(figure: "Figure", path: Path) -> None:
    """Save a figure, to the same bytes for the same figures."""
    metadata = {"Software": None, "Creation Time": None}
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=120, metadata=metadata)

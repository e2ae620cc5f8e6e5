"""The plot of which labels are given to the texts of each label."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compression.evaluation.calibration import Curves
from compression.evaluation.report.plot import new_figure, save_png
from compression.evaluation.results import Result

_CELL = 0.42
"""Width and height of a cell in inches."""
_MARGIN = 1.2
_MOST_COLUMNS = 3
"""Variants beside each other."""
_LIGHT = 0.5
"""Shares above it stand in white on a dark cell."""


def plot_label_pairs(results: Sequence[tuple[Result, Curves]], path: Path) -> None:
    """Write a PNG with a matrix for each variant: of the texts with a label, the share given each.

    Rows are the texts' labels, columns the labels given. A text may have and get several, so rows
    need not add up to 100 %. With one label a text and one given, this is the confusion matrix.
    """
    labels = list(results[0][0].examples)
    columns = min(len(results), _MOST_COLUMNS)
    rows = -(-len(results) // columns)
    size = _CELL * len(labels) + _MARGIN
    figure = new_figure(width=size * columns, height=size * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (result, curves) in zip(panels, results, strict=False):
        _draw_matrix(axes, np.array(curves.label_pairs), result.examples)
        axes.set_title(result.name, fontsize=9)
    for axes in panels[len(results) :]:
        axes.set_axis_off()
    figure.supxlabel("given label", fontsize=9)
    figure.supylabel("label of the text", fontsize=9)
    save_png(figure, path)


def _draw_matrix(axes: Any, counts: NDArray[np.int64], examples: Mapping[str, int]) -> None:
    labels, texts = list(examples), np.array(list(examples.values()))
    shares = counts / np.maximum(texts, 1)[:, None]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        color = "white" if share > _LIGHT else "black"
        text = f"{share:.0%}".removesuffix("%")
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=color)
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=7)
    axes.set_yticks(range(len(labels)), labels, fontsize=7)

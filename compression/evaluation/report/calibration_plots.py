"""Plots of scores as probabilities: reliability of each label, and risk against coverage."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compression.evaluation.calibration import Answers, Curves, Reliability
from compression.evaluation.report.plot import new_figure, save_png
from compression.evaluation.results import Result
from compression.metrics.f1 import Float
from compression.metrics.proportion import wilson_interval

_PANEL = 1.7
"""Width and height of a panel in inches."""
_TICKS = (0.0, 0.1, 0.5, 1.0)
_STYLES = ("-", "--", ":")
_COLORS = 10
"""Of matplotlib's cycle; further lines have another style."""


def plot_reliability(results: Sequence[tuple[Result, Curves]], path: Path) -> None:
    """Write a PNG with a panel for each variant (rows) and label (columns).

    A dot is a bin of equally many texts: its mean score, and the share of its texts that have the
    label, with the 95 % Wilson interval. On the diagonal, scores are probabilities. Both axes are
    scaled by the square root, since rare labels have low scores.
    """
    labels = list(results[0][1].reliability)
    figure = new_figure(width=_PANEL * len(labels) + 0.5, height=_PANEL * len(results) + 0.5)
    panels = figure.subplots(len(results), len(labels), sharex=True, sharey=True, squeeze=False)
    for row, (result, curves) in zip(panels, results, strict=True):
        for axes, label in zip(row, labels, strict=True):
            _draw_panel(axes, curves.reliability[label])
        row[0].set_ylabel(result.name, fontsize=8)
    for axes, label in zip(panels[0], labels, strict=True):
        axes.set_title(label, fontsize=9)
    figure.supxlabel("score", fontsize=9)
    figure.supylabel("share with the label", fontsize=9)
    save_png(figure, path)


def _draw_panel(axes: Any, curve: Reliability) -> None:
    counts = zip(curve.observed, curve.texts, strict=True)
    intervals = [wilson_interval(round(share * texts), texts) for share, texts in counts]
    low, high = [interval.low for interval in intervals], [interval.high for interval in intervals]
    axes.set_xscale("function", functions=(_root, np.square))
    axes.set_yscale("function", functions=(_root, np.square))
    axes.plot((0, 1), (0, 1), color="0.7", linewidth=0.8)
    axes.vlines(curve.score, low, high, color="C0", alpha=0.4, linewidth=1)
    axes.plot(curve.score, curve.observed, color="C0", marker="o", markersize=2.5, linewidth=0.8)
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=_TICKS, yticks=_TICKS, aspect="equal")
    axes.tick_params(labelsize=6)


def _root(values: Float) -> Float:
    return np.sqrt(np.maximum(values, 0))  # the limits of axes may be a little below 0


def plot_risk_coverage(results: Sequence[tuple[Result, Curves]], path: Path) -> None:
    """Write a PNG with a line for each variant, and a dot where an abstaining variant stands."""
    figure = new_figure(width=7, height=4.5)
    axes = figure.subplots()
    for i, (result, curves) in enumerate(results):
        color, style = f"C{i % _COLORS}", _STYLES[i // _COLORS % len(_STYLES)]
        axes.plot(curves.coverage, curves.risk, color=color, linestyle=style, label=result.name)
        if result.abstention and result.abstention.answers:
            _draw_answers(axes, result.abstention.answers, color)
    axes.set(xlabel="coverage: share of texts answered", ylabel="risk: share of wrong answers")
    axes.set(xlim=(0, 1), ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    save_png(figure, path)


def _draw_answers(axes: Any, answers: Answers, color: str) -> None:
    coverage, right = answers.coverage, answers.right
    axes.errorbar(
        coverage.estimate,
        1 - right.estimate,
        xerr=[[coverage.estimate - coverage.low], [coverage.high - coverage.estimate]],
        yerr=[[right.high - right.estimate], [right.estimate - right.low]],
        fmt="o",
        color=color,
    )

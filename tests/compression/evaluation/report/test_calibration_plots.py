"""Panels, lines and dots of the plots of scores as probabilities."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from compression.evaluation.calibration import Answers, Curves, Reliability
from compression.evaluation.figures import Estimate
from compression.evaluation.report import calibration_plots
from compression.evaluation.report.calibration_plots import (
    plot_reliability,
    plot_risk_coverage,
)
from compression.evaluation.results import Evaluation, Result

BINS = Reliability(texts=(10, 10), score=(0.1, 0.8), observed=(0.0, 0.7))
CURVES = Curves(reliability={"joy": BINS, "sadness": BINS}, coverage=(0.5, 1), risk=(0.1, 0.3))


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are saved."""
    saved: list[Figure] = []
    monkeypatch.setattr(calibration_plots, "save_png", lambda figure, _: saved.append(figure))
    return saved


@pytest.fixture
def results(evaluation: Evaluation) -> list[tuple[Result, Curves]]:
    """Three variants; the last one abstains."""
    fp32, small, last = evaluation.results
    assert last.abstention is not None
    share = Estimate(estimate=0.75, low=0.7, high=0.8)
    answers = Answers(coverage=share, right=share, macro_f1=share)
    abstaining = last.abstention.model_copy(update={"answers": answers})
    results = (fp32, small, last.model_copy(update={"abstention": abstaining}))
    return [(result, CURVES) for result in results]


def test_reliability_has_a_panel_for_each_variant_and_label(
    results: list[tuple[Result, Curves]], figures: list[Figure]
) -> None:
    plot_reliability(results, Path("x.png"))
    panels = figures[0].axes
    assert len(panels) == 3 * 2
    assert [axes.get_title() for axes in panels[:2]] == ["joy", "sadness"]
    assert [axes.get_ylabel() for axes in panels[::2]] == ["fp32", "small.s0", "small.s1"]
    diagonal, curve = panels[3].lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert curve.get_xydata().tolist() == [[0.1, 0], [0.8, 0.7]]


def test_bars_are_the_intervals_of_scipy(
    results: list[tuple[Result, Curves]], figures: list[Figure]
) -> None:
    plot_reliability(results, Path("x.png"))
    (bars,) = figures[0].axes[0].collections
    for successes, score, bar in zip((0, 7), BINS.score, bars.get_segments(), strict=True):
        expected = stats.binomtest(successes, 10).proportion_ci(method="wilson")
        assert bar == pytest.approx(np.array([[score, expected.low], [score, expected.high]]))


def test_risk_has_a_line_for_each_variant_and_a_dot_where_one_abstains(
    results: list[tuple[Result, Curves]], figures: list[Figure]
) -> None:
    plot_risk_coverage(results, Path("x.png"))
    (axes,) = figures[0].axes
    lines = [line for line in axes.lines if line.get_label() in {"fp32", "small.s0", "small.s1"}]
    assert [line.get_xydata().tolist() for line in lines] == [[[0.5, 0.1], [1, 0.3]]] * 3
    (dots,) = axes.containers
    assert dots.lines[0].get_xydata().tolist() == [[0.75, 0.25]]


def test_files_are_written(results: list[tuple[Result, Curves]], tmp_path: Path) -> None:
    for plot in (plot_reliability, plot_risk_coverage):
        plot(results[:1], tmp_path / "x.png")
        assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")

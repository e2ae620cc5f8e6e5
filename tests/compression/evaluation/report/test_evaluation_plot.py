"""The panels and points in the plot of an evaluation."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from compression.evaluation.report import evaluation_plot
from compression.evaluation.report.evaluation_plot import plot_evaluation
from compression.evaluation.results import Evaluation, TeacherResult


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are saved."""
    saved: list[Figure] = []
    monkeypatch.setattr(evaluation_plot, "save_png", lambda figure, _: saved.append(figure))
    return saved


def names(figure: Figure, panel: int) -> set[str]:
    return {text.get_text() for text in figure.axes[panel].texts}


def test_variants_have_one_panel(evaluation: Evaluation, figures: list[Figure]) -> None:
    plot_evaluation(evaluation.model_copy(update={"by_seed": ()}), Path("x.png"))
    assert len(figures[0].axes) == 1
    assert names(figures[0], 0) == {"fp32", "small.s0", "small.s1"}


def test_seeds_have_a_panel_for_the_layers(
    evaluation: Evaluation, teacher: TeacherResult, figures: list[Figure]
) -> None:
    plot_evaluation(evaluation.model_copy(update={"teachers": (teacher,)}), Path("x.png"))
    assert len(figures[0].axes) == 2
    assert names(figures[0], 0) == {"small", "minilm, 90,000,000 bytes"}
    assert names(figures[0], 1) == {"small"}
    line = figures[0].axes[0].lines[0]
    assert set(line.get_ydata()) == {0.64}

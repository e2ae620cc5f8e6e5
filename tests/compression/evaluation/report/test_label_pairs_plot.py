"""The matrices of labels given to the texts of each label."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from compression.evaluation.calibration import Curves
from compression.evaluation.report import label_pairs_plot
from compression.evaluation.report.label_pairs_plot import plot_label_pairs
from compression.evaluation.results import Evaluation


def test_a_matrix_for_each_variant(evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Figure] = []
    monkeypatch.setattr(label_pairs_plot, "save_png", lambda figure, _: saved.append(figure))
    curves = Curves(reliability={}, coverage=(), risk=(), label_pairs=((8, 1), (0, 0)))
    examples = {"joy": 10, "sadness": 0}
    results = [r.model_copy(update={"examples": examples}) for r in evaluation.results]
    plot_label_pairs([(result, curves) for result in (*results, results[0])], Path("x.png"))
    panels = saved[0].axes
    assert len(panels) == 6  # two rows of three
    assert [axes.get_title() for axes in panels[:4]] == [*(r.name for r in results), "fp32"]
    assert [text.get_text() for text in panels[0].texts] == ["80", "10", "0", "0"]
    assert [text.get_color() for text in panels[0].texts] == ["white", "black", "black", "black"]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["joy", "sadness"]
    assert not panels[4].axison

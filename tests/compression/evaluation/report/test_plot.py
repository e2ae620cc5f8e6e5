"""The parts that all plots share."""

from pathlib import Path

from compression.evaluation.report.plot import Point, draw_front, new_figure, save_png


def test_a_front_is_a_line_over_a_logarithmic_axis() -> None:
    axes = new_figure(width=4, height=3).subplots()
    draw_front(axes, [Point(10, 0.5), Point(100, 0.6)], color="black", linewidth=1)
    (line,) = axes.lines
    assert line.get_xydata().tolist() == [[10, 0.5], [100, 0.6]]
    assert axes.get_xscale() == "log"


def test_a_figure_is_saved_to_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_png(new_figure(width=2, height=1), tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()

"""The picture of the README: size of a model against macro-F1, as SVG for light and dark pages.

Written by hand rather than by a plotting library: the same JSON gives the same bytes on every
machine, so a test can compare the committed files with what this module would write.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Data = Mapping[str, Any]

WIDTH, HEIGHT = 860, 430
LEFT, RIGHT, TOP, BOTTOM = 62, 838, 36, 376
SIZES = (5e3, 4e8)
"""Bytes at the left and right edges."""
SCORES = (0.47, 0.67)
"""Macro-F1 at the lower and upper edges."""
SIZE_TICKS = ((1e4, "10 KB"), (1e5, "100 KB"), (1e6, "1 MB"), (1e7, "10 MB"), (1e8, "100 MB"))
SCORE_TICKS = (0.50, 0.55, 0.60, 0.65)


@dataclass(frozen=True)
class Palette:
    """Colours of one scheme."""

    text: str
    muted: str
    student: str
    teacher: str
    other: str


PALETTES = {
    "light": Palette("#1f2328", "#59636e", "#0969da", "#bc4c00", "#afb8c1"),
    "dark": Palette("#e6edf3", "#9198a1", "#58a6ff", "#f0883e", "#6e7681"),
}


class Label(NamedTuple):
    """Name of a point, and its distance below the point in pixels."""

    text: str
    down: float


LABELS = {
    "nano": Label("nano", 34),
    "apot-kd": Label("apot-kd", -32),
    "cqat-lut": Label("cqat-lut", 25),
    "apot-80k": Label("apot-80k", -32),
    "int8-static": Label("int8", -32),
    "fp32": Label("fp32", -32),
}
"""Variant -> name shown, and where. `int8-dynamic` lies on `int8-static` and has no label."""


def draw(students: Data, plain: Data, palette: Palette) -> str:
    """The picture.

    Args:
        students: the shipped variants built with several seeds, and their teacher.
        plain: the same methods on bases trained without a teacher.
        palette: colours.
    """
    parts = [*_axes(palette), *_plain(plain, palette), *_students(students, palette)]
    parts += _teacher(students["teachers"][0], palette)
    body = "\n".join(f"  {part}" for part in parts)
    title = "Size of a model against its macro-F1 on the GoEmotions test split"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' font-family="-apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"'
        f' font-size="14">\n  <title>{title}</title>\n{body}\n</svg>\n'
    )


def size_text(size: float) -> str:
    """A number of bytes with two digits: `12 KB`, `1.1 MB`, `91 MB`."""
    unit, name = (1e6, "MB") if size >= 1e6 else (1e3, "KB")
    return f"{size / unit:.{1 if size / unit < 9.5 else 0}f} {name}"


def _axes(palette: Palette) -> Iterator[str]:
    for score in SCORE_TICKS:
        y = _y(score)
        yield _line(LEFT - 6, y, LEFT, y, palette.muted)
        yield _text(f"{score:.2f}", LEFT - 10, y + 5, palette.muted, anchor="end")
    for size, name in SIZE_TICKS:
        x = _x(size)
        yield _line(x, BOTTOM, x, BOTTOM + 6, palette.muted)
        yield _text(name, x, BOTTOM + 23, palette.muted)
    yield _line(LEFT, BOTTOM, RIGHT, BOTTOM, palette.muted)
    yield _line(LEFT, TOP, LEFT, BOTTOM, palette.muted)
    yield _text("macro-F1 on the test split", LEFT - 46, 20, palette.text, anchor="start")
    middle = (LEFT + RIGHT) / 2
    yield _text("size of the whole model, logarithmic", middle, HEIGHT - 8, palette.text)


def _plain(plain: Data, palette: Palette) -> Iterator[str]:
    for result in plain["results"]:
        x, y = _x(result["sizes"]["file"]), _y(result["macro_f1"]["estimate"])
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{palette.other}"/>'
    x, y = _x(1.7e6), _y(0.539)
    yield _text("the same methods", x, y, palette.muted, anchor="start", small=True)
    yield _text("without a teacher", x, y + 17, palette.muted, anchor="start", small=True)


def _students(students: Data, palette: Palette) -> Iterator[str]:
    for group in students["by_seed"]:
        x = _x(group["file_bytes"]["mean"])
        scores = _of_each_seed(students["results"], group["name"])
        yield _line(x, _y(min(scores)), x, _y(max(scores)), palette.student, width=2)
        y = _y(group["macro_f1"]["mean"])
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{palette.student}"/>'
        if group["name"] in LABELS:
            label = LABELS[group["name"]]
            yield _text(label.text, x, y + label.down, palette.text, bold=True)
            size = size_text(group["file_bytes"]["mean"])
            yield _text(size, x, y + label.down + 17, palette.muted)


def _of_each_seed(results: Sequence[Data], name: str) -> list[float]:
    return [
        result["macro_f1"]["estimate"]
        for result in results
        if result["name"].rpartition(".s")[0] == name
    ]


def _teacher(teacher: Data, palette: Palette) -> Iterator[str]:
    x, y, half = _x(teacher["file_bytes"]), _y(teacher["macro_f1"]["estimate"]), 9
    corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
    points = " ".join(f"{right:.1f},{down:.1f}" for right, down in corners)
    yield f'<polygon points="{points}" fill="{palette.teacher}"/>'
    yield _text("transformer teacher", x, y + 28, palette.text, bold=True)
    yield _text(size_text(teacher["file_bytes"]), x, y + 45, palette.muted)


def _x(size: float) -> float:
    low, high = map(math.log10, SIZES)
    return LEFT + (RIGHT - LEFT) * (math.log10(size) - low) / (high - low)


def _y(score: float) -> float:
    low, high = SCORES
    return BOTTOM - (BOTTOM - TOP) * (score - low) / (high - low)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width:g}"/>'


def _text(
    text: str,
    x: float,
    y: float,
    colour: str,
    *,
    anchor: str = "middle",
    bold: bool = False,
    small: bool = False,
) -> str:
    style = (' font-weight="600"' if bold else "") + (' font-size="13"' if small else "")
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}"{style}>{text}</text>'

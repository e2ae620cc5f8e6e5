"""Tables and figures as Markdown text."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Estimate = Mapping[str, float]
"""`estimate`, and the bounds `low` and `high` of its interval."""


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table. Columns whose names begin with `>` are aligned to the right."""
    names = [name.removeprefix(">") for name in header]
    rules = ["---:" if name.startswith(">") else "---" for name in header]
    lines = [names, *[[str(cell) for cell in row] for row in rows]]
    top, *body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([top, f"|{'|'.join(rules)}|", *body])


def paragraph(text: str) -> str:
    """Text in lines of at most 100 characters."""
    return textwrap.fill(
        " ".join(text.split()), 100, break_long_words=False, break_on_hyphens=False
    )


def bullet(text: str) -> str:
    """A list item."""
    return textwrap.indent(paragraph(text), "  ").replace("  ", "* ", 1)


def interval(found: Estimate, *, digits: int = 4, sign: str = "") -> str:
    """`0.6293 [0.6115, 0.6478]`."""
    value, low, high = (f"{found[key]:{sign}.{digits}f}" for key in ("estimate", "low", "high"))
    return f"{value} [{low}, {high}]"


def share(found: Estimate) -> str:
    """`97.4% [95.9, 98.9]`."""
    value, low, high = (f"{100 * found[key]:.1f}" for key in ("estimate", "low", "high"))
    return f"{value}% [{low}, {high}]"


def percent(found: Estimate) -> str:
    """`41% [26, 58]`, for shares of few examples."""
    value, low, high = (f"{100 * found[key]:.0f}" for key in ("estimate", "low", "high"))
    return f"{value}% [{low}, {high}]"


def points(found: Estimate) -> str:
    """`+4.1 [+1.0, +7.2]`, a difference of shares in percentage points."""
    return interval({key: 100 * found[key] for key in found}, digits=1, sign="+")


def spread(found: Mapping[str, float]) -> str:
    """`0.635 ± 0.002`."""
    return f"{found['mean']:.3f} ± {found['sd']:.3f}"

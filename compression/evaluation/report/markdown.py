"""Writes Markdown tables and sections."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgemood.atomic import write_text

MISSING = "–"
"""The cell of a figure that does not exist."""


@dataclass(frozen=True)
class Table:
    """A table. The first columns are left-aligned, the others right-aligned."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int = 1
    """The number of left-aligned columns, which come first."""

    def lines(self) -> Iterator[str]:
        """The lines of Markdown.

        Raises:
            ValueError: a row has more or fewer cells than there are titles.
        """
        yield _row(self.titles)
        figures = len(self.titles) - self.text_columns
        yield "|" + "---|" * self.text_columns + "---:|" * figures
        for row in self.rows:
            if len(row) != len(self.titles):
                raise ValueError(f"{len(row)} cells under {len(self.titles)} titles: {row}")
            yield _row(row)


@dataclass(frozen=True)
class Section:
    """A title, a paragraph before a table, the table, and a paragraph after it."""

    title: str
    table: Table
    before: str = ""
    after: str = ""

    def lines(self) -> Iterator[str]:
        """The lines of Markdown, with an empty one at the end."""
        yield from (f"## {self.title}", "")
        if self.before:
            yield from (self.before, "")
        yield from (*self.table.lines(), "")
        if self.after:
            yield from (self.after, "")


def write_page(path: Path, lines: Iterable[str]) -> None:
    """Write lines with one line break at the end of the file."""
    write_text(path, "\n".join(lines).rstrip("\n") + "\n")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""Write a benchmark's results: figures as JSON, and a Markdown page made from them."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Results = dict[str, Any]
"""What a benchmark measured, as JSON holds it."""

_RULES = {"l": "---", "r": "---:"}


def markdown_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, align: str
) -> list[str]:
    """The lines of a Markdown table.

    Args:
        header: one cell a column.
        rows: each as long as the header.
        align: `l` (left) or `r` (right) for each column.

    Raises:
        ValueError: a row or `align` is not as long as the header.
    """
    columns, cells = [_RULES[letter] for letter in align], list(rows)
    if any(len(row) != len(header) for row in (columns, *cells)):
        raise ValueError(f"every row of the table needs {len(header)} cells")
    rule = f"|{'|'.join(columns)}|"
    return [_line(header), rule, *(_line(row) for row in cells)]


def write_results(
    results: Results, page: Callable[[Results], Iterable[str]], *, folder: Path, name: str
) -> None:
    """Write `name.json` and `name.md` and print the page."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(page(results)) + "\n"
    (folder / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def read_results(path: Path) -> Results:
    """The figures of an earlier run."""
    results: Results = json.loads(path.read_text(encoding="utf-8"))
    return results


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""Markdown tables, and results as files."""

import json
from pathlib import Path

import pytest

from benchmarks.harness.pages import markdown_table, read_results, write_results


def test_table_has_a_header_an_alignment_and_rows() -> None:
    assert markdown_table(["server", "p99"], [["a", "1 ms"], ["b", ""]], align="lr") == [
        "| server | p99 |",
        "|---|---:|",
        "| a | 1 ms |",
        "| b |  |",
    ]


@pytest.mark.parametrize(("row", "align"), [(["a"], "lr"), (["a", "b"], "lrr")])
def test_table_with_cells_missing_is_refused(row: list[str], align: str) -> None:
    with pytest.raises(ValueError, match="2 cells"):
        markdown_table(["server", "p99"], [row], align=align)


def test_results_are_written_as_json_and_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = {"p99_ms": 0.1 + 0.2, "cpu": "x"}
    folder = tmp_path / "new"
    write_results(results, lambda r: ["# Title", "", r["cpu"]], folder=folder, name="soak")
    assert (folder / "soak.md").read_text() == "# Title\n\nx\n"
    assert json.loads((folder / "soak.json").read_text()) == results
    assert read_results(folder / "soak.json") == results
    assert capsys.readouterr().out.startswith("# Title\n")

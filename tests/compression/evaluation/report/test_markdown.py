"""Tables and sections, line by line."""

from pathlib import Path

import pytest

from compression.evaluation.report.markdown import Section, Table, write_page

TABLE = Table(["variant", "method", "bytes"], [["a", "fp32", "10"], ["b", "qat", "5"]], 2)


def test_a_table() -> None:
    assert list(TABLE.lines()) == [
        "| variant | method | bytes |",
        "|---|---|---:|",
        "| a | fp32 | 10 |",
        "| b | qat | 5 |",
    ]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 titles"):
        list(Table(["a", "b"], [["1"]]).lines())


def test_a_section() -> None:
    lines = list(Section("Sizes", TABLE, before="Before.", after="After.").lines())
    assert lines == ["## Sizes", "", "Before.", "", *TABLE.lines(), "", "After.", ""]
    assert list(Section("Sizes", TABLE).lines()) == ["## Sizes", "", *TABLE.lines(), ""]


def test_a_page_ends_with_one_line_break(tmp_path: Path) -> None:
    write_page(tmp_path / "page.md", ["one", "", "two", "", ""])
    assert (tmp_path / "page.md").read_text() == "one\n\ntwo\n"

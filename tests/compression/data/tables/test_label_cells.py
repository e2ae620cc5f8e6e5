"""Separators and numbers of labels."""

from pathlib import Path

import pytest

from compression.data.labels import LabelsError
from compression.data.tables.label_cells import (
    LabelCells,
    NumberedNames,
    find_label_cells,
    read_label_list,
)
from compression.errors import DatasetError

NAMES = NumberedNames(("a", "b", "c"))


@pytest.mark.parametrize(
    ("values", "listed", "expected"),
    [
        (["x"], None, LabelCells(",")),
        (["x;y", "z"], None, LabelCells(";")),
        (["x|y;", "z,w"], None, LabelCells(",")),
        (["x|y"], None, LabelCells("|")),
        (["x;y"], NumberedNames(("x;y",)), LabelCells(",")),
        (["x,y|z"], NumberedNames(("x,y", "z")), LabelCells("|")),
        (["x,y"], NumberedNames(("x", "y", "x,y")), LabelCells(",")),
        (["x,y"], NumberedNames(("x,y", "z")), LabelCells(";")),
        (["x;z", "x,z", "z;x"], NumberedNames(("x", "z")), LabelCells(";")),
        (["0;2", "1"], NAMES, LabelCells(";", NAMES)),
        (["0 2", ""], NAMES, LabelCells(" ", NAMES)),
        (["0 2", ""], None, LabelCells(",")),
        (["1", "2", "z"], NAMES, LabelCells(",", NAMES)),
        (["a", "2", "b"], NAMES, LabelCells(",")),
        (["1", "2"], NumberedNames(("1", "2")), LabelCells(",")),
        ([[0, 1], [], None], NAMES, LabelCells(",", NAMES)),
    ],
)
def test_what_is_found(
    values: list[object], listed: NumberedNames | None, expected: LabelCells
) -> None:
    assert find_label_cells(values, None, listed) == expected


def test_numbers_become_names() -> None:
    cells = LabelCells(",", NumberedNames(("a", "b"), 1))
    assert cells.names("2,1,2") == ("b", "a")
    assert cells.names(1.0) == ("a",)
    for wrong in ("0", "3", "a", "-1"):
        with pytest.raises(LabelsError, match=f"unknown label id '{wrong}'; ids are 1 to 2"):
            cells.names(wrong)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\nb\n\nc d\n", NumberedNames(("a", "b", "c d"))),
        ("0\ta\n1\tb\n", NumberedNames(("a", "b"))),
        ("2: b\n1: a\n", NumberedNames(("a", "b"), 1)),
        ("0,a\n1,b c\n", NumberedNames(("a", "b c"))),
    ],
)
def test_lists_of_labels(tmp_path: Path, content: str, expected: NumberedNames) -> None:
    (tmp_path / "labels.txt").write_text(content)
    assert read_label_list(tmp_path / "labels.txt") == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [("\n", "the file is empty"), ("0 a\n2 b\n", "must follow each other"), ("0 a\n0 b\n", "once")],
)
def test_lists_that_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "labels.txt").write_text(content)
    with pytest.raises(DatasetError, match=problem):
        read_label_list(tmp_path / "labels.txt")

"""Splits without texts with, or without, a label."""

import numpy as np
import pytest

from compression.data.dataset import Dataset, Split
from compression.data.label_counts import check_label_counts
from compression.errors import DatasetError

MIXED = [[1, 0], [0, 1], [0, 0]]


def data(**splits: list[list[int]]) -> Dataset:
    rows = {"train": MIXED, "dev": MIXED, **splits}
    return Dataset(
        ("joy", "anger"),
        {
            name: Split(tuple(f"text {i}" for i in range(len(targets))), np.array(targets, bool))
            for name, targets in rows.items()
        },
    )


@pytest.mark.parametrize(
    ("splits", "problem"),
    [
        ({"train": [[0, 0]]}, "no text of the train split has a label"),
        ({"dev": [[0, 0], [0, 0]]}, "no text of the dev split has a label"),
        ({"dev": [[1, 0], [1, 0]]}, "all texts of the dev split have the same labels"),
        ({"dev": [[1, 1]]}, "all texts of the dev split have the same labels"),
    ],
)
def test_splits_that_serve_no_purpose(splits: dict[str, list[list[int]]], problem: str) -> None:
    with pytest.raises(DatasetError, match=problem):
        check_label_counts(data(**splits))


@pytest.mark.parametrize(
    ("splits", "warning"),
    [
        (
            {"train": [[1, 0], [0, 0]]},
            "the train split has no text with anger; they cannot be learned",
        ),
        ({"dev": [[1, 0], [0, 0]]}, "the dev split has no text with anger; their thresholds stay"),
        ({"dev": [[1, 0], [1, 1]]}, "the dev split has only texts with joy; their thresholds can"),
        ({"test": [[0, 0]]}, "the test split has no text with joy, anger; their F1 counts as 0"),
    ],
)
def test_one_sided_labels_are_warned_of(
    splits: dict[str, list[list[int]]], warning: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check_label_counts(data(**splits))
    assert f"warning: {warning}" in capsys.readouterr().err


def test_usual_splits_cause_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    check_label_counts(data(test=MIXED))
    assert capsys.readouterr().err == ""

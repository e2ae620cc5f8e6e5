"""Figures of a preview, worked out by hand."""

from pathlib import Path

from compression.data.preview.summary import Lengths, Summary, summarize
from compression.data.preview.warnings import warnings
from compression.data.tabular import Table


def summary(folder: Path, train: str, test: str = "so calm,c\n", **fields: object) -> Summary:
    for name, rows in {"train": train, "test": test}.items():
        (folder / f"{name}.csv").write_text(f"text,labels\n{rows}")
    table = {"train": "train.csv", "dev": "test.csv", **fields}
    return summarize(Table.model_validate(table).read(folder))


def test_lengths_and_duplicates(tmp_path: Path) -> None:
    found = summary(
        tmp_path,
        'so happy,"a,b"\nso  HAPPY,a\nwell well well,"a,b"\nhm,\n"so calm, I",c\n',
        "so calm I,c\nso calm I,c\nfar away,a\n",
    )
    assert found.tokens == Lengths(2, 4, 4)  # 1 2 2 2 3 3 3 4
    assert found.characters.longest == 14
    assert found.together() == [("a", "b", 2)]
    assert not found.is_single_label
    lines = {
        d.splits: [(one.place.line, two.place.line) for one, two in d.pairs]
        for d in found.duplicates
    }
    assert lines == {("train", "train"): [(2, 3)], ("dev", "dev"): [(2, 3)], ("train", "dev"): []}
    assert [(a.place.line, b.place.line) for a, b in found.contradictions] == [(2, 3)]


def test_warnings(tmp_path: Path) -> None:
    rows = "".join(f"text {i},{'rare' if i % 21 == 5 else 'usual'}\n" for i in range(100))
    long = "x" * 10_001
    found = list(warnings(summary(tmp_path, f"{rows}{long},usual\nnone,\n", "text 3,usual\n")))
    assert found == [
        "fewer than 20 training texts: rare",
        "94% of the training texts have the label 'usual'",
        "no text of the dev split has: rare",
        "1 rows have no label (train.csv:103); they are examples of no label, or odd rows with"
        " labels_required = true",
        "texts of more than 10,000 characters: train.csv:102; `longest` limits them",
        "1 texts of dev (100.0%) are in train, too, so figures on dev will be too good",
    ]


def test_warnings_of_labels_that_are_none(tmp_path: Path) -> None:
    numbers = "".join(f"text {i},{i % 2}\n" for i in range(60))
    (problem, *_) = warnings(summary(tmp_path, numbers, "a,0\nb,1\n"))
    assert problem.startswith("the labels are numbers")
    floats = "".join(f"text {i},{i % 2}.0\n" for i in range(60))
    (problem, *_) = warnings(summary(tmp_path, floats, "a,0.0\n", labels=["0.0", "1.0"]))
    assert problem == "no text of the dev split has: 1.0"
    texts = "".join(f"{i},label {i}\n" for i in range(201))
    (problem, *_) = warnings(summary(tmp_path, texts, "a,label 1\n"))
    assert problem == "201 different labels; are they in the column of texts?"
    (problem, *_) = warnings(summary(tmp_path, "x,joy\ny,Joy\n", "a,joy\n"))
    assert "label 'Joy' differs only in case" in problem

"""Keys of `[data]`: odd rows, what is found and overridden, and splits that are made."""

from pathlib import Path

import numpy as np
import pytest

from compression.data.dataset import Dataset
from compression.data.tabular import Table
from compression.errors import DatasetError


def load(folder: Path, content: str, name: str = "a.csv", **fields: object) -> Dataset:
    """The data of one file, for train and dev."""
    (folder / name).write_text(content)
    return Table.model_validate({"train": name, "dev": name, **fields}).load(folder)


def test_odd_rows_are_refused_together_or_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = "text,labels\nx,joy\n ,joy\ny,a,joy\nz\0,joy\nw,joy\nlong long,joy\n"
    with pytest.raises(DatasetError) as caught:
        load(tmp_path, content, longest=5)
    assert str(caught.value) == (
        f"{tmp_path}/a.csv:3: text is empty; delete the row, or write a text;"
        " line 4: 3 cells in this row, 2 in the header; quote texts that contain the delimiter;"
        " line 5: a NUL character, which no text contains; remove it;"
        " line 7: text has 9 characters, 5 at most;"
        " 4 rows of the train split are odd: correct them, or leave them out with"
        ' odd_rows = "skip" under [data]'
    )
    data = load(tmp_path, content, longest=5, odd_rows="skip")
    assert data.train.texts == ("x", "w")
    assert "left out 4 odd rows of the train split: " in capsys.readouterr().err


def test_rows_without_labels(tmp_path: Path) -> None:
    content = "text,labels\nx,joy\ny,\n"
    assert load(tmp_path, content).train.targets.tolist() == [[True], [False]]
    with pytest.raises(DatasetError, match=r"a\.csv:3: no label; write one, or delete the row"):
        load(tmp_path, content, labels_required=True)


def test_what_was_found_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(tmp_path, "text,labels\nx,joy\n")
    assert capsys.readouterr().err == ""
    load(tmp_path, "what a day;joy\nso much rain;gloom\n", "a.txt")
    assert capsys.readouterr().err == (
        f"{tmp_path}/a.txt: semicolon-separated, no header; text in column '1', labels in column"
        " '2'\n"
    )


@pytest.mark.parametrize(
    ("content", "fields", "labels"),
    [
        ("title,text,labels\na b c,x,joy\n", {"text_column": "title"}, ("joy",)),
        ("x;joy\ny;joy\n", {"delimiter": ",", "header": False, "separator": ";"}, None),
        ("so happy,joy\nso sad,sorrow\n", {"header": False}, ("joy", "sorrow")),
        ("text,labels\nvery well,joy\n", {"header": False}, ("joy", "labels")),
        ("text,labels\nx,a-b\n", {"separator": "-"}, ("a", "b")),
        ("text,labels,tags\nx,a,b\n", {"labels_column": "tags"}, ("b",)),
        ('{"text": "x", "labels": "a"}\n', {"file_format": "jsonl"}, ("a",)),
    ],
)
def test_the_recipe_overrides_what_is_found(
    tmp_path: Path, content: str, fields: dict[str, object], labels: tuple[str, ...] | None
) -> None:
    if labels is None:
        with pytest.raises(DatasetError, match="no labels"):
            load(tmp_path, content, **fields)
    else:
        assert load(tmp_path, content, **fields).labels == labels


def test_splits_are_made_of_the_training_texts(tmp_path: Path) -> None:
    rows = "".join(f"text number {i},{'joy' if i % 4 else 'anger'}\n" for i in range(200))
    (tmp_path / "a.csv").write_text(f"text,labels\n{rows}")
    data = Table(train="a.csv").load(tmp_path)
    assert {name: len(split) for name, split in data.splits.items()} == {
        "train": 160,
        "dev": 20,
        "test": 20,
    }
    for name, counts in {"train": [40, 120], "dev": [5, 15], "test": [5, 15]}.items():
        assert data.splits[name].targets.sum(axis=0).tolist() == counts
    assert Table(train="a.csv").load(tmp_path).sha256 == data.sha256
    assert Table(train="a.csv", split_seed=1).load(tmp_path).sha256 != data.sha256
    given = Table(train="a.csv", test="a.csv", dev_share=0.25).load(tmp_path)
    assert [len(split) for split in given.splits.values()] == [150, 50, 200]
    assert list(Table(train="a.csv", dev="a.csv").load(tmp_path).splits) == ["train", "dev"]
    with_test = Table(train="a.csv", dev="a.csv", test_share=0.5).load(tmp_path)
    assert np.array_equal([len(split) for split in with_test.splits.values()], [100, 200, 100])


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"dev": "b.csv", "dev_share": 0.1}, "`dev` and `dev_share` exclude each other"),
        ({"dev_share": 0.5, "test_share": 0.5}, "leave no texts to train on"),
        ({"labels": ["a"], "labels_file": "b"}, "`labels` and `labels_file` exclude"),
        ({"labels_column": "a", "label_columns": ["b"]}, "`labels_column` and `label_columns`"),
        ({"label_columns": ["text", "b"]}, "must be two columns"),
    ],
)
def test_fields_that_contradict_each_other(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Table.model_validate({"train": "a.csv", **fields})

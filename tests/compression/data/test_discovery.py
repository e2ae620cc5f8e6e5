"""Which file is which split."""

from pathlib import Path

import pytest

from compression.data.discovery import find_data
from compression.errors import DatasetError


def made(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text,labels\nx,joy\n")
    return folder


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["a.csv"], {"train": "a.csv"}),
        (["train.csv", "dev.tsv", "notes.md"], {"train": "train.csv", "dev": "dev.tsv"}),
        (
            ["train-1.parquet", "train-0.parquet", "validation-0.parquet", "test-0.parquet"],
            {
                "train": ["train-0.parquet", "train-1.parquet"],
                "dev": "validation-0.parquet",
                "test": "test-0.parquet",
            },
        ),
        (
            ["train_text.txt", "train_labels.txt", "val_text.txt", "val_labels.txt", "mapping.txt"],
            {"train": "train_text.txt", "dev": "val_text.txt", "labels_file": "mapping.txt"},
        ),
        (["TRAIN.JSONL.GZ", "Valid.jsonl"], {"train": "TRAIN.JSONL.GZ", "dev": "Valid.jsonl"}),
        (["trainees.csv", "testimonials.csv"], {"train": ["testimonials.csv", "trainees.csv"]}),
        (["train/pos/1.txt", "test/pos/1.txt"], {"train": "train", "test": "test"}),
        ([".train.csv", "b.csv"], {"train": "b.csv"}),
    ],
)
def test_a_folder(tmp_path: Path, names: list[str], fields: dict[str, object]) -> None:
    found = find_data([made(tmp_path, *names)])
    assert (found.folder, found.fields) == (tmp_path, fields)


def test_a_folder_with_a_folder_for_each_label(tmp_path: Path) -> None:
    folder = made(tmp_path / "reviews", "good/1.txt", "bad/1.txt")
    found = find_data([folder])
    assert (found.folder, found.fields) == (tmp_path, {"train": "reviews"})


def test_files_of_several_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made(tmp_path, "a/train.csv", "b/test.csv", "a/more.csv"))
    found = find_data([Path("a/train.csv"), Path("b/test.csv"), tmp_path / "a" / "more.csv"])
    assert found.folder == Path()
    assert found.fields == {"train": ["a/train.csv", "a/more.csv"], "test": "b/test.csv"}


@pytest.mark.parametrize(
    ("names", "data", "problem"),
    [
        (["a.md"], ".", r"no file whose name ends in \.csv or"),
        (["test.csv"], ".", r"no training files; name them such as train\.csv"),
        ([], "none.csv", r"none\.csv: No such file"),
    ],
)
def test_what_is_refused(tmp_path: Path, names: list[str], data: str, problem: str) -> None:
    with pytest.raises(DatasetError, match=problem):
        find_data([made(tmp_path, *names) / data])

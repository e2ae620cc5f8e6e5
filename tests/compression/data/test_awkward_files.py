"""Files as people have them: each loads as meant, or is refused by line."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from compression.data.dataset import Dataset
from compression.data.tabular import Table
from compression.errors import DatasetError

SENTENCES = (
    "what a lovely day, really",
    "leave me alone; I mean it",
    "they left without a word",
    "we won | at last",
    "stop shouting at me",
    "rain again and nobody here",
)
NAMES = ("joy", "anger", "sadness", "joy", "anger", "sadness")
EXPECTED = [tuple(name == label for label in ("anger", "joy", "sadness")) for name in NAMES]


def load(folder: Path, content: str | bytes, name: str = "a.csv", **fields: object) -> Dataset:
    """The data of one file, for train and dev."""
    encoded = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(encoded)
    return Table.model_validate({"train": name, "dev": name, **fields}).load(folder)


def check(data: Dataset, texts: tuple[str, ...] = SENTENCES) -> None:
    assert data.labels == ("anger", "joy", "sadness")
    assert data.train.texts == texts
    assert [tuple(row) for row in data.train.targets] == EXPECTED


def table(delimiter: str, texts: tuple[str, ...], header: str = "") -> str:
    rows = [f"{text}{delimiter}{name}" for text, name in zip(texts, NAMES, strict=True)]
    return "\n".join([*([header] if header else []), *rows]) + "\n"


PLAIN = tuple(text.translate(str.maketrans("", "", ",;|")) for text in SENTENCES)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
@pytest.mark.parametrize("delimiter", ["\t", ";", "|", ","])
def test_delimited_without_header(tmp_path: Path, delimiter: str, name: str) -> None:
    check(load(tmp_path, table(delimiter, PLAIN), name), PLAIN)


def test_semicolons_beside_commas_in_texts(tmp_path: Path) -> None:
    texts = tuple(text.replace(";", "") for text in SENTENCES)
    check(load(tmp_path, table(";", texts), "train.txt"), texts)


@pytest.mark.parametrize("header", ["Tweet;Emotion", "comment_text;label", "phrase;verdict"])
def test_a_header_with_other_names(tmp_path: Path, header: str) -> None:
    check(load(tmp_path, table(";", PLAIN, header)), PLAIN)


def test_labels_before_texts_after_a_tab(tmp_path: Path) -> None:
    content = "".join(f"{name}\t{text}\n" for text, name in zip(SENTENCES, NAMES, strict=True))
    check(load(tmp_path, content, "a.txt"))


def test_a_table_of_a_spreadsheet(tmp_path: Path) -> None:
    """UTF-16 with a mark, tabs, carriage returns, ids, and quotation marks around commas."""
    lines = ["id\tcomment\tfeeling"]
    for number, (text, name) in enumerate(zip(SENTENCES, NAMES, strict=True)):
        cell = f'"{text}"' if "," in text else text
        lines.append(f"{number}\t{cell}\t{name}")
    check(load(tmp_path, "\r\n".join(lines).encode("utf-16"), "a.txt"))


def test_latin_1_is_refused_by_line_and_read_if_stated(tmp_path: Path) -> None:
    content = "text,labels\nplain,joy\nun été,joy\n".encode("latin-1")
    with pytest.raises(DatasetError, match=r"a\.csv:3: not UTF-8.*or set `encoding`"):
        load(tmp_path, content)
    assert load(tmp_path, content, encoding="latin-1").train.texts == ("plain", "un été")
    with pytest.raises(ValueError, match="no encoding 'latin-none'"):
        Table(train="a.csv", encoding="latin-none")


def test_one_column_for_each_label(tmp_path: Path) -> None:
    content = "id,text,anger,joy,calm\n1,what a day,0,1,1\n2,go away,1,0,0\n3,it is five,0,0,0\n"
    data = load(tmp_path, content)
    assert data.labels == ("anger", "joy", "calm")
    assert data.train.targets.astype(int).tolist() == [[0, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert load(tmp_path, content, label_columns=["calm"]).labels == ("calm",)
    with pytest.raises(DatasetError, match=r"a\.csv:5: anger: '2' is neither 0 nor 1"):
        load(tmp_path, f"{content}4,hm,2,0,0\n", label_columns=["anger", "joy"])


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_of_names(tmp_path: Path, first: int) -> None:
    names = ["anger", "joy", "sadness"]
    rows = [
        f"{text}\t{names.index(name) + first}" for text, name in zip(SENTENCES, NAMES, strict=True)
    ]
    content = "\n".join(["text\tlabel", *rows])
    check(load(tmp_path, content, "a.tsv", labels=names, first_id=first))
    (tmp_path / "mapping.txt").write_text(
        "".join(f"{number}\t{name}\n" for number, name in enumerate(names, start=first))
    )
    check(load(tmp_path, content, "a.tsv", labels_file="mapping.txt"))
    with pytest.raises(DatasetError, match=rf":8: label: unknown label id '7'; ids are {first}"):
        load(tmp_path, f"{content}\nhm\t7\n", "a.tsv", labels=names, first_id=first)


def test_several_numbers_with_blanks(tmp_path: Path) -> None:
    data = load(tmp_path, "text,labels\nx,0 2\ny,1\nz,\n", labels=["a", "b", "c"])
    assert data.train.targets.astype(int).tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_texts_and_labels_in_two_files(tmp_path: Path) -> None:
    for split in ("train", "val"):
        (tmp_path / f"{split}_text.txt").write_text("\n".join(SENTENCES) + "\n")
        numbers = [str(("anger", "joy", "sadness").index(name)) for name in NAMES]
        (tmp_path / f"{split}_labels.txt").write_text("\n".join(numbers) + "\n")
    (tmp_path / "mapping.txt").write_text("0\tanger\n1\tjoy\n2\tsadness\n")
    settings = {"train": "train_text.txt", "dev": "val_text.txt", "labels_file": "mapping.txt"}
    check(Table.model_validate(settings).load(tmp_path))
    with (tmp_path / "val_labels.txt").open("a") as file:
        file.write("1\n")
    with pytest.raises(DatasetError, match=r"val_text\.txt: 6 lines, 7 in val_labels\.txt"):
        Table.model_validate(settings).load(tmp_path)


def test_a_json_array(tmp_path: Path) -> None:
    rows = [
        {"sentence": text, "emotions": [name]} for text, name in zip(SENTENCES, NAMES, strict=True)
    ]
    check(load(tmp_path, json.dumps(rows, indent=2), "a.json"))
    check(load(tmp_path, "\n".join(map(json.dumps, rows)), "a.json"))
    with pytest.raises(DatasetError, match=r"a\.json:3: not a JSON array .*: expected a comma"):
        load(tmp_path, '[\n{"text": "x", "label": "a"}\n{"text": "y", "label": "b"}\n]', "a.json")
    with pytest.raises(DatasetError, match=r"a\.json:1: not a JSON array of rows: .*delimiter"):
        load(tmp_path, '[{"text": "x", "label": "a"', "a.json")


def test_json_lines_of_arrays_and_numbers(tmp_path: Path) -> None:
    content = '["so happy today", [1]]\n["so angry today", [0, 2]]\n["nothing at all", []]\n'
    data = load(tmp_path, content, "a.jsonl", labels=["a", "b", "c"])
    assert data.train.targets.astype(int).tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0]]


def test_a_packed_file(tmp_path: Path) -> None:
    check(load(tmp_path, gzip.compress(table(";", PLAIN).encode()), "a.txt.gz"), PLAIN)


def test_a_folder_for_each_label(tmp_path: Path) -> None:
    for number, (text, name) in enumerate(zip(SENTENCES, NAMES, strict=True)):
        folder = tmp_path / "reviews" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_text(f"{text}\n")
    data = Table(train="reviews", dev="reviews").load(tmp_path)
    assert data.labels == ("anger", "joy", "sadness")
    assert data.train.texts == tuple(SENTENCES[i] for i in (1, 4, 0, 3, 2, 5))
    assert data.train.targets.argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 2]
    (tmp_path / "reviews" / "joy" / "7.txt").write_text(" \n")
    (tmp_path / "reviews" / "joy" / ".DS_Store").write_text("x")
    with pytest.raises(DatasetError, match=r"joy/7\.txt:1: text is empty"):
        Table(train="reviews", dev="reviews").load(tmp_path)


def test_several_files_and_patterns(tmp_path: Path) -> None:
    rows = table(",", PLAIN).splitlines(keepends=True)
    for number in range(3):
        part = "text,labels\n" + "".join(rows[2 * number : 2 * number + 2])
        (tmp_path / f"part-{number}.csv").write_text(part)
    check(Table(train="part-*.csv", dev="part-0.csv").load(tmp_path), PLAIN)
    names = ["part-0.csv", "part-1.csv", "part-2.csv", "part-*.csv"]
    check(Table(train=names, dev="part-0.csv").load(tmp_path), PLAIN)
    with pytest.raises(DatasetError, match=r"none-\*\.csv: no file matches this pattern"):
        Table(train="none-*.csv").load(tmp_path)


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
    load(tmp_path, table(";", PLAIN), "a.txt")
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


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    numbers = [("anger", "joy", "sadness").index(name) for name in NAMES]
    found = arrow.table({"text": list(SENTENCES), "label": numbers})
    names = {"names": ["anger", "joy", "sadness"], "_type": "ClassLabel"}
    info = {"info": {"features": {"text": {"_type": "Value"}, "label": names}}}
    found = found.replace_schema_metadata({"huggingface": json.dumps(info)})
    parquet.write_table(found, tmp_path / "a.parquet")
    check(Table(train="a.parquet", dev="a.parquet").load(tmp_path))
    lists = arrow.table({"text": ["x", None], "labels": [["a", "b"], []]})
    parquet.write_table(lists, tmp_path / "b.parquet")
    with pytest.raises(DatasetError, match=r"b\.parquet:2: text must be a string, found null"):
        Table(train="b.parquet", dev="b.parquet").load(tmp_path)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and more")
    with pytest.raises(DatasetError, match=r"b\.parquet: not a readable Parquet file"):
        Table(train="b.parquet", dev="b.parquet").load(tmp_path)


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(DatasetError, match=r"a\.parquet: reading Parquet needs pyarrow: pip"):
        load(tmp_path, b"PAR1", "a.parquet")


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

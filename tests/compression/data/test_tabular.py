"""Tables in files, and what is refused because it would damage them silently."""

from pathlib import Path

import numpy as np
import pytest

from compression.data.dataset import Dataset
from compression.data.tabular import Table
from compression.errors import DatasetError

CSV = 'text,labels\n"hello, you",joy\nbye,"sadness,fear"\nplain,\n'


def load(folder: Path, name: str, content: str | bytes, **fields: object) -> Dataset:
    """The data of one file, for all splits."""
    encoded = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(encoded)
    return Table.model_validate({"train": name, "dev": name, **fields}).load(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV),
        ("a.csv", "\ufeff" + CSV),
        ("a.csv", "\n" + CSV.replace("plain", "\n \nplain") + "\n\n"),
        ("a.csv", CSV.replace("\n", "\r\n")),
        ("a.csv", CSV.replace("\n", "\r")),
        ("a.csv", CSV.replace("\n", "\r\r\n")),
        ("a.csv", 'text, labels\n"hello, you", joy\nbye, "sadness,fear"\nplain, \n'),
        ("a.csv", ",text,labels,\n" + '0,"hello, you",joy,\n1,bye,"sadness,fear",\n2,plain,,\n'),
        ("a.csv", "text,labels\n\"hello, you\",['joy']\nbye,\"['sadness', 'fear']\"\nplain,[]\n"),
        ("a.tsv", "labels\ttext\njoy\thello, you\nsadness, fear\tbye\n\tplain\n"),
        ("a.tsv", '"labels"\t"text"\n"joy"\t"hello, you"\n"sadness,fear"\t"bye"\n""\t"plain"\n'),
        ("a.tsv", 'labels\ttext\njoy\t"hello, you"\n"sadness,fear"\tbye\n\tplain\n'),
        (
            "a.jsonl",
            '{"text": "hello, you", "labels": "joy"}\n'
            '{"text": "bye", "labels": ["sadness", "fear"], "more": 1}\n'
            '{"text": "plain", "labels": []}\n',
        ),
        (
            "a.jsonl",
            '{"text": "hello, you", "labels": "joy"}\n'
            '{"text": "bye", "labels": "[\\"sadness\\", \\"fear\\"]"}\n\n'
            '{"text": "plain", "labels": null}\n',
        ),
    ],
)
def test_formats_agree(tmp_path: Path, name: str, content: str) -> None:
    data = load(tmp_path, name, content)
    assert data.labels == ("fear", "joy", "sadness")
    assert data.train.texts == ("hello, you", "bye", "plain")
    assert data.train.targets.astype(int).tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0]]
    assert set(data.splits) == {"train", "dev"}


def test_own_columns_separator_and_label_order(tmp_path: Path) -> None:
    data = load(
        tmp_path,
        "a.csv",
        "comment,mood\nhm,b|a\n",
        test="a.csv",
        text_column="comment",
        labels_column="mood",
        separator="|",
        labels=("b", "c", "a"),
    )
    assert data.labels == ("b", "c", "a")
    assert data.splits["test"].targets.astype(int).tolist() == [[1, 0, 1]]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (
            "a.csv",
            "text,labels\nx,joy\nI am sad, really sad,sadness\n",
            r":3: 3 cells .*, 2 in the header; quote",
        ),
        ("a.csv", "text,labels\nx,joy\nI am sad\n", r":3: 1 cell .*, 2 in the header; add"),
        ("a.csv", 'text,labels\n"x\ny",joy\n"a\nb",joy,\n', r":4: 3 cells .*\(lines 4 to 5\)"),
        ("a.csv", "text,labels,text\nx,joy,y\n", r":1: 2 columns are named 'text'"),
        ("a.csv", "text,labels,id,id \nx,joy,1,2\n", r":1: 2 columns are named 'id'"),
        ("a.csv", 'text,labels\n"x,joy\ny,joy\n', r":2: a quotation mark opens .* none closes it"),
        ("a.csv", 'text,labels\nx,joy\n"y" z,joy\n', r":3: text follows a closing quotation mark"),
        ("a.csv", f'text,labels\n"{"x" * 140_000}\n', r":2: a cell of more than 131,072"),
        ("a.csv", 'text,labels\n"x,joy\ny",joy\n', r":2: a quoted cell joins several lines"),
        ("a.csv", 'labels,text\njoy,"x\njoy,y"\n', r":2: a quoted cell joins several lines"),
        ("a.csv", 'text,labels\nx,joy\n"x,joy\ny",\n', r":3: a quoted cell joins several lines"),
        ("a.csv", 'text,labels\nx,joy\n""\n', r":3: 1 cell "),
        ("a.tsv", 'text\tlabels\nx\tjoy\n"\n"\n', r":3: 1 cell "),
        ("a.csv", "text,labels\nx\ry,joy\n", r":2: a carriage return inside a cell"),
        ("a.csv", "text,labels\nx,joy\ntext,labels\n", r":3: this row repeats the header"),
        ("a.csv", "text,labels\nx,joy\n\ufefftext,labels\n", r":3: this row repeats the header"),
        ("a.csv", "text,labels\nx,[joy]\n", r":2: labels: '\[joy\]' looks like a list"),
        ("a.csv", "text,labels\nx,joy\ny,Joy\n", r":3: label 'Joy' differs only in case"),
        ("a.csv", "text,labels\n ,joy\n", r":2: text is empty"),
        ("a.csv", "text,labels\n,\n", r":2: text is empty"),
        ("a.csv", "text,labels\n", "the file has no rows"),
        ("a.csv", "", "the file is empty"),
        ("a.csv", "text,labels\nx,\n", "no row has a label"),
        ("a.csv", "text,labels\nétat,joy\n".encode("cp1252"), r":2: not UTF-8 text; probably Win"),
        ("a.csv", b"PK\x03\x04", "this is a zip file or a spreadsheet"),
        ("a.tsv", "text\tlabels\nx\tjoy\ty\n", r":2: 3 cells .*, 2 in the header"),
        ("a.tsv", 'text\tlabels\n"x\tjoy\ny\tz\tjoy\nw"\tjoy\n', r":2: lines 2 to 4 are"),
        ("a.tsv", 'text\tlabels\nx\t"joy"\nshe, he\tjoy\n', r":2: label '\"joy\"' contains a"),
        ("a.jsonl", '{"text": "x", "labels": "a"}\n{\n', r":2: not JSON"),
        ("a.jsonl", "[]\n", r":1: expected one object, found an array"),
        ("a.jsonl", '{"text": 3, "labels": "a"}\n', r":1: text must be a string, found a number"),
        ("a.jsonl", '{"text": null, "labels": "a"}\n', r":1: text must be a string, found null"),
        ("a.jsonl", '{"text": {}, "labels": "a"}\n', r":1: text must be a string, found an object"),
        ("a.jsonl", '{"text": "x\\ud83d", "labels": "a"}\n', r":1: text contains half of a char"),
        ("a.jsonl", '{"text": "x", "labels": "a"}\n{"text": "x"}\n', r":2: no column 'labels'"),
        ("a.jsonl", '{"text": "x", "labels": 3.5}\n', r":1: labels: must be a string or a list"),
        ("a.jsonl", '{"text": "x", "labels": [{}]}\n', r":1: labels: must be names as strings"),
        ("a.jsonl", '{"text": "x", "labels": "a", "text": "y"}\n', r":1: the key 'text' occurs"),
        ("a.txt", "x\ny\n", "no labels; use texts without labels as"),
        ("a.doc", "x", r"ends in \.csv or \.tsv or"),
    ],
)
def test_malformed_files_are_refused(
    tmp_path: Path, name: str, content: str | bytes, problem: str
) -> None:
    with pytest.raises(DatasetError, match=rf"^{tmp_path / name}.*{problem}") as caught:
        load(tmp_path, name, content)
    assert "\n" not in str(caught.value)


def test_a_label_that_the_train_split_lacks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,labels\nx,a\n")
    (tmp_path / "b.csv").write_text("text,labels\nx,b\n")
    with pytest.raises(DatasetError, match=r"b\.csv:2: unknown label 'b'; known: a"):
        Table(train="a.csv", dev="b.csv").load(tmp_path)
    (tmp_path / "b.csv").write_text("text,labels\nx,A\n")
    with pytest.raises(DatasetError, match=r"b\.csv:2: label 'A' differs only in case from 'a'"):
        Table(train="a.csv", dev="b.csv").load(tmp_path)


def test_listed_labels_may_have_unusual_names(tmp_path: Path) -> None:
    labels = ("None", "a;b", "joy", "Joy", "[x]y")
    content = "text,labels\nx,None\ny,a;b\nz,Joy\nw,[x]y\n"
    assert load(tmp_path, "a.csv", content, labels=labels).labels == labels


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        Table(train="a.csv", dev="a.csv").load(tmp_path)


def test_a_tab_separated_text_may_begin_or_end_with_a_quotation_mark(tmp_path: Path) -> None:
    data = load(tmp_path, "a.tsv", 'text\tlabels\nnow"\tjoy\n"hello\tjoy\nbye\tsad\n')
    assert data.train.texts == ('now"', '"hello', "bye")
    content = 'text\tlabels\n"hello\tjoy\nbye\tsad\nnow"\tjoy\n'
    with pytest.raises(DatasetError, match=r"a\.tsv:2: lines 2 to 4 .* set `quoted`"):
        load(tmp_path, "a.tsv", content)
    assert load(tmp_path, "a.tsv", content, quoted=False).train.texts == ('"hello', "bye", 'now"')


@pytest.mark.parametrize(("quoted", "text"), [(True, "a"), (False, '"a"'), (None, '"a"')])
def test_quoting_of_tab_separated_files_may_be_set(
    tmp_path: Path, quoted: bool | None, text: str
) -> None:
    content = 'text\tlabels\n"a"\tjoy\nb, c\tjoy\n'
    assert load(tmp_path, "a.tsv", content, quoted=quoted).train.texts == (text, "b, c")


def test_texts_with_line_breaks(tmp_path: Path) -> None:
    content = 'text,labels\n"dear joy,\nhow are you, today",joy\n"a\r\n\nb,joyful",joy\n'
    data = load(tmp_path, "a.csv", content)
    assert data.train.texts == ("dear joy,\nhow are you, today", "a\r\n\nb,joyful")


def test_labels_may_contain_blanks(tmp_path: Path) -> None:
    assert load(tmp_path, "a.csv", "text,labels\nx,very happy\n").labels == ("very happy",)


@pytest.mark.parametrize("labels", [("a", "a"), ("",), (" a",), ("x" * 65,)])
def test_labels_that_a_manifest_would_refuse(tmp_path: Path, labels: tuple[str, ...]) -> None:
    with pytest.raises(DatasetError, match="label"):
        load(tmp_path, "a.csv", "text,labels\nx,\n", labels=labels)


def test_one_column_cannot_be_both() -> None:
    with pytest.raises(ValueError, match="must be two columns"):
        Table(train="a.csv", dev="a.csv", text_column="x", labels_column="x")


def test_targets_are_booleans(tmp_path: Path) -> None:
    assert load(tmp_path, "a.csv", CSV).train.targets.dtype == np.bool_


def test_a_missing_file_names_its_origin(tmp_path: Path) -> None:
    table = Table(train="train.tsv", dev="dev.tsv", origin="the archive")
    with pytest.raises(DatasetError, match=r"train\.tsv: no such file; get it from the archive"):
        table.load(tmp_path)

from pathlib import Path

import pytest

from compression.data.tabular import Table
from compression.errors import DatasetError

CSV = 'text,labels\n"hello, you",joy\nbye,"sadness,fear"\nplain,\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.tsv", "labels\ttext\njoy\thello, you\nsadness, fear\tbye\n\tplain\n"),
        (
            "a.jsonl",
            '{"text": "hello, you", "labels": "joy"}\n'
            '{"text": "bye", "labels": ["sadness", "fear"], "more": 1}\n'
            '{"text": "plain", "labels": []}\n',
        ),
    ],
)
def test_formats_agree(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    data = Table(train=name, dev=name).load(tmp_path)
    assert data.labels == ("fear", "joy", "sadness")
    assert data.train.texts == ("hello, you", "bye", "plain")
    assert data.train.targets.astype(int).tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0]]
    assert set(data.splits) == {"train", "dev"}


def test_own_columns_separator_and_label_order(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("comment,mood\nhm,b|a\n")
    table = Table(
        train="a.csv",
        dev="a.csv",
        test="a.csv",
        text_column="comment",
        labels_column="mood",
        separator="|",
        labels=("b", "c", "a"),
    )
    data = table.load(tmp_path)
    assert data.labels == ("b", "c", "a")
    assert data.splits["test"].targets.astype(int).tolist() == [[1, 0, 1]]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "text,label\nx,y\n", r"a\.csv:2: no column 'labels'; there are: text, label"),
        ("a.jsonl", "{\n", r"a\.jsonl:1: not JSON"),
        ("a.jsonl", "[]\n", "expected an object, found list"),
        ("a.jsonl", '{"text": 3, "labels": "a"}\n', "text must be a string"),
        ("a.jsonl", '{"text": "x", "labels": 3}\n', "labels strings"),
        ("a.jsonl", '{"text": "x", "labels": [3]}\n', "labels strings"),
        ("a.csv", "text,labels\n", "no row has a label"),
        ("a.txt", "x", r"ends in \.csv, \.tsv or \.jsonl"),
        ("a.csv", "text,labels\nx,\n", "no row has a label"),
    ],
)
def test_malformed_files(tmp_path: Path, name: str, content: str, problem: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=problem):
        Table(train=name, dev=name).load(tmp_path)


def test_a_label_that_the_train_split_lacks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,labels\nx,a\n")
    (tmp_path / "b.csv").write_text("text,labels\nx,b\n")
    with pytest.raises(DatasetError, match=r"b\.csv:2: unknown label 'b'; known: a"):
        Table(train="a.csv", dev="b.csv").load(tmp_path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        Table(train="a.csv", dev="a.csv").load(tmp_path)


def test_a_tab_separated_text_may_begin_with_a_quotation_mark(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text('text\tlabels\n"hello\tjoy\nbye\tsad\nnow"\tjoy\n')
    data = Table(train="a.tsv", dev="a.tsv").load(tmp_path)
    assert data.train.texts == ('"hello', "bye", 'now"')


def test_a_byte_order_mark_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbftext,labels\nx,a\n")
    (tmp_path / "b.jsonl").write_text('{"text": "x", "labels": "a"}\n\n')
    data = Table(train="a.csv", dev="b.jsonl").load(tmp_path)
    assert data.train.texts == data.dev.texts == ("x",)


def test_labels_may_contain_blanks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,labels\nx,very happy\n")
    assert Table(train="a.csv", dev="a.csv").load(tmp_path).labels == ("very happy",)


@pytest.mark.parametrize("labels", [("a", "a"), ("",), (" a",), ("x" * 65,)])
def test_labels_that_a_manifest_would_refuse(tmp_path: Path, labels: tuple[str, ...]) -> None:
    (tmp_path / "a.csv").write_text("text,labels\nx,\n")
    with pytest.raises(DatasetError, match="label"):
        Table(train="a.csv", dev="a.csv", labels=labels).load(tmp_path)


def test_an_empty_split_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,labels\nx,a\n")
    (tmp_path / "b.csv").write_text("text,labels\n")
    with pytest.raises(DatasetError, match="the dev split has no examples"):
        Table(train="a.csv", dev="b.csv").load(tmp_path)

"""Files of labelled texts that are read, and those that are refused."""

import re
from pathlib import Path

import pytest

from edgemood.adaptation import labelled_texts
from edgemood.adaptation.labelled_texts import LabelledText, LabelNames, read_texts
from edgemood.errors import AdaptationError

NAMES = LabelNames(("joy", "anger"), {"happy": "joy", "mad": "anger"}, exactly_one=False)


def written(folder: Path, content: str | bytes, name: str = "texts.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,labels\nwell,joy\n"no, ""no""",anger\nhm,\nboth,joy|anger\n'),
        ("a.csv", '\ufefflabels,id,text\r\njoy,1,well\r\n\r\nmad,2,"no, ""no"""\r\n,3,hm\r\n'
         '"happy , mad",4,both\r\n'),
        ("a.tsv", 'text\tlabels\nwell\tjoy\nno, "no"\tanger\nhm\t\nboth\tjoy,happy,anger'),
    ],
)  # fmt: skip
def test_what_is_read(tmp_path: Path, name: str, content: str) -> None:
    assert read_texts(written(tmp_path, content, name), NAMES) == [
        LabelledText("well", ("joy",)),
        LabelledText('no, "no"', ("anger",)),
        LabelledText("hm", ()),
        LabelledText("both", ("joy", "anger")),
    ]


def test_a_text_of_two_lines(tmp_path: Path) -> None:
    path = written(tmp_path, 'text,labels\n"one\ntwo",joy\nthree,sad\n')
    with pytest.raises(AdaptationError, match=r"line 4: unknown label 'sad'"):
        read_texts(path, NAMES)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the file is empty"),
        ("text;labels\nwell;joy\n", "line 1: the header must name the columns text and labels"),
        ("text\tlabels\nwell\tjoy\n", "line 1: the header must name .*separated by commas"),
        ("well,joy\n", "line 1: the header must name .*found well, joy"),
        ("text,text,labels\na,b,joy\n", "line 1: the header must name"),
        ("text,labels\nwell, then,joy\n", "line 2: 3 cells, 2 in the header; quote"),
        ("text,labels\nwell\n", "line 2: 1 cells, 2 in the header; add"),
        ("text,labels\n ,joy\n", "line 2: the text is empty; delete the row"),
        ("text,labels\na,joy\nb,rage\n", "line 3: unknown label 'rage'; the labels are joy, anger"),
        ("text,labels\na,rage\n", "--map rage=joy"),
        ("text,labels\na,Joy\n", "line 2: unknown label 'Joy'"),
        ("text,labels\na,joy;anger\n", "line 2: unknown label 'joy;anger'"),
        ('text,labels\na,"joy,,anger"\n', "line 2: a label is missing between two separators"),
        ('text,labels\n"a,joy\nb,joy\n', "line 2: .*check the quotation marks"),
        ('text,labels\n"a" b,joy\n', "line 2: .*check the quotation marks"),
        (b"text,labels\na,joy\n\xe9,joy\n", "line 3: not UTF-8; save the file in UTF-8"),
        (b"text,labels\na\x00,joy\n", "line 2: a NUL character"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(AdaptationError, match=rf"{re.escape(str(path))}: .*{problem}|{problem}"):
        read_texts(path, NAMES)


@pytest.mark.parametrize(("cell", "count"), [("", 0), ("joy|mad", 2)])
def test_a_single_label_variant_needs_one_label(tmp_path: Path, cell: str, count: int) -> None:
    path = written(tmp_path, f"text,labels\na,joy\nb,{cell}\n")
    with pytest.raises(AdaptationError, match=f"line 3: {count} labels; the variant gives one"):
        read_texts(path, LabelNames(("joy", "anger"), {"mad": "anger"}, exactly_one=True))


def test_other_kinds_of_files(tmp_path: Path) -> None:
    with pytest.raises(AdaptationError, match=r"must end with \.csv .* or \.tsv"):
        read_texts(written(tmp_path, "text,labels\n", "texts.txt"), NAMES)
    with pytest.raises(AdaptationError, match=r"none\.csv: .*; check the path"):
        read_texts(tmp_path / "none.csv", NAMES)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(AdaptationError, match="check the path"):
        read_texts(tmp_path / "folder.csv", NAMES)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled_texts, "MAX_BYTES", 10)
    with pytest.raises(AdaptationError, match="larger than 10 bytes"):
        read_texts(written(tmp_path, "text,labels\na,joy\n"), NAMES)

"""Encodings and line ends of files that users write."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression.errors import DatasetError
from compression.text_files import lines_of, read_text

TEXT = "text,labels\nun été à Nîmes,joy\n"


def read(folder: Path, content: bytes) -> str:
    path = folder / "a.csv"
    path.write_bytes(content)
    return read_text(path, raising=DatasetError)


@pytest.mark.parametrize("marks", [0, 1, 2])
def test_byte_order_marks_are_dropped(tmp_path: Path, marks: int) -> None:
    assert read(tmp_path, codecs.BOM_UTF8 * marks + TEXT.encode()) == TEXT


def test_line_ends_stay(tmp_path: Path) -> None:
    assert read(tmp_path, b"a\r\nb\rc\n") == "a\r\nb\rc\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (TEXT.encode("cp1252"), r"a\.csv:2: not UTF-8 text; probably Windows-1252.*cp1252.*iconv"),
        (TEXT.replace("\n", "\r").encode("latin-1"), r"a\.csv:2: not UTF-8 text; probably Windows"),
        ("text,labels\nмне грустно,sad\n".encode("cp1251"), r":2: not UTF-8.*another encoding"),
        ("text,labels\n嬉しい,joy\n".encode("shift-jis"), r":2: not UTF-8.*another encoding"),
        (TEXT.encode("utf-16"), r"a\.csv: this is UTF-16 text; save it as UTF-8"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "this is UTF-16 text"),
        (TEXT.encode("utf-32"), "this is UTF-32 text"),
        (TEXT.encode("utf-16-le"), "UTF-16 text without a byte-order mark"),
        (TEXT.encode("utf-16-be"), "UTF-16 text without a byte-order mark"),
        (TEXT.encode() + "é".encode()[:1], r"a\.csv:3: .*ends within a character"),
        (b"text,labels\nI am\0sad,sadness\n", r"a\.csv:2: a NUL character"),
        (b"\x1f\x8b\x08\x00", "this is a gzip file; unpack it"),
        (b"PK\x03\x04\x14\x00", "this is a zip file or a spreadsheet"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(DatasetError, match=problem):
        read(tmp_path, content)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.csv: No such file"):
        read_text(tmp_path / "none.csv", raising=DatasetError)
    with pytest.raises(DatasetError, match="Is a directory"):
        read_text(tmp_path, raising=DatasetError)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a\nb", ["a\n", "b"]),
        ("a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        ("a\rb\n\nc", ["a\rb\n", "\n", "c"]),
        ("a\rb\r", ["a\r", "b\r"]),
        ("a\u2028b\x85c\x0bd", ["a\u2028b\x85c\x0bd"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines


@given(st.text(st.sampled_from("ab\r\n\u2028")))
def test_lines_lose_nothing(text: str) -> None:
    assert "".join(lines_of(text)) == text

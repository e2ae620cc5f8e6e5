import gzip
from pathlib import Path

import pytest

from compression.data.templates import template_texts
from compression.data.text_collections import TemplateTexts, TextLines
from compression.errors import DatasetError


def lines(**fields: object) -> TextLines:
    return TextLines.model_validate({"files": ("a.txt", "b.txt"), **fields})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("one\n\n  two \none\n" + "x" * 401 + "\n")
    (tmp_path / "b.txt").write_text("\ufefftwo\r\nthree\r\n")
    return tmp_path


def test_each_text_comes_once_in_the_order_of_the_files(folder: Path) -> None:
    assert lines().load(folder) == ("one", "two", "three")


def test_a_number_of_texts_is_drawn_from_each_file(folder: Path) -> None:
    many = "".join(f"text {i}\n" for i in range(100))
    (folder / "a.txt").write_text(many)
    drawn = lines(files=("a.txt",), texts=10).load(folder)
    assert len(drawn) == 10
    assert list(drawn) == sorted(drawn, key=lambda text: int(text.split()[1]))
    assert drawn == lines(files=("a.txt",), texts=10).load(folder)
    assert drawn != lines(files=("a.txt",), texts=10, seed=1).load(folder)
    assert len(lines(files=("a.txt",), texts=1000).load(folder)) == 100


def test_a_missing_file_names_its_origin(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.txt: no such file; get it from the archive"):
        lines(origin="the archive").load(tmp_path)
    with pytest.raises(DatasetError, match=r"a\.txt"):
        lines().load(tmp_path)


def test_packed_files_and_patterns(folder: Path) -> None:
    (folder / "c.txt.gz").write_bytes(gzip.compress("three\nfour\n".encode("utf-16")))
    assert lines(files=("?.txt*",)).load(folder) == ("one", "two", "three", "four")


def test_a_nul_character_is_refused_by_line(folder: Path) -> None:
    (folder / "b.txt").write_text("two\nth\0ree\n")
    with pytest.raises(DatasetError, match=r"b\.txt:2: a NUL character"):
        lines().load(folder)


def test_a_file_without_a_text_is_refused(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"b\.txt: no line holds a text of at most 2 characters"):
        lines(files=("b.txt",), longest=2).load(folder)


def test_templates_need_no_files(tmp_path: Path) -> None:
    templates = TemplateTexts(format="templates", texts=50, seed=3)
    assert templates.load(tmp_path / "missing") == template_texts(50, seed=3)
    assert len(set(templates.load(tmp_path))) == 50

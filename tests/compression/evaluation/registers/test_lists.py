from pathlib import Path

import pytest

from compression.errors import CompressionError
from compression.evaluation.registers.lists import Register, fingerprint, read_registers


def test_a_folder_of_lists(tmp_path: Path) -> None:
    (tmp_path / "b.tsv").write_text('text\tlabels\n"so" it goes\tsadness,neutral\n')
    (tmp_path / "a.tsv").write_text("text\tlabels\r\noh 😀\tjoy\r\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a list")
    assert read_registers(tmp_path) == (
        Register("a", ("oh 😀",), (frozenset({"joy"}),)),
        Register("b", ('"so" it goes',), (frozenset({"sadness", "neutral"}),)),
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("text\n", r"a\.tsv:1: the columns"),
        ("text\tlabels\n", r"a\.tsv: no sentences"),
        ("text\tlabels\none\tjoy\ntwo\n", r"a\.tsv:3: not a text"),
        ("text\tlabels\none\t\n", r"a\.tsv:2: not a text"),
        ("text\tlabels\none\ttwo\tjoy\n", r"a\.tsv:2: not a text"),
        ("\ntext\tlabels\n", r"a\.tsv:1: the columns"),
        ("", r"a\.tsv:1: the columns"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "a.tsv").write_text(content)
    with pytest.raises(CompressionError, match=problem):
        read_registers(tmp_path)


def test_a_folder_without_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"no file NAME\.tsv"):
        read_registers(tmp_path)


def test_the_fingerprint_depends_on_every_part() -> None:
    found = [
        Register("a", ("x",), (frozenset({"joy"}),)),
        Register("b", ("x",), (frozenset({"joy"}),)),
        Register("a", ("y",), (frozenset({"joy"}),)),
        Register("a", ("x",), (frozenset({"fear"}),)),
        Register("a", ("x",), (frozenset({"fear", "joy"}),)),
    ]
    assert len({fingerprint([register]) for register in found}) == len(found)
    assert fingerprint(found[:1]) == fingerprint([Register("a", ("x",), (frozenset({"joy"}),))])

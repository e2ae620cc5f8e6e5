"""What every reader of data files does."""

import gzip
from pathlib import Path

import pytest

from compression.data.readers import SUFFIXES, Layout, read_file
from compression.errors import DatasetError

EXAMPLES = {
    ".csv": "id,text\n1,été\n\n2,b\n",
    ".tsv": "id\ttext\n1\tété\n\n2\tb\n",
    ".txt": "id;text\n1;été\n\n2;b\n",
    ".jsonl": '\n{"id": "1", "text": "été"}\n\n{"id": "2", "text": "b"}\n',
    ".ndjson": '\n{"id": "1", "text": "été"}\n\n{"id": "2", "text": "b"}\n',
    ".json": '[\n{"id": "1", "text": "été"},\n\n{"id": "2", "text": "b"}]\n',
}
"""The same rows on the same lines in each text format."""
LAYOUT = Layout(text_column="text", labels_column="id")


@pytest.fixture(params=EXAMPLES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file in each format."""
    path = tmp_path / f"a{request.param}"
    path.write_bytes(EXAMPLES[request.param].encode())
    return path


def rows(path: Path, layout: Layout = LAYOUT) -> list[tuple[int, dict[str, object]]]:
    return [(row.place.line, dict(row.fields)) for row in read_file(path, layout).records]


EXPECTED = [(2, {"id": "1", "text": "été"}), (4, {"id": "2", "text": "b"})]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_rows_have_names_and_lines(path: Path, mark: bytes) -> None:
    path.write_bytes(mark + path.read_bytes())
    assert rows(path) == EXPECTED
    assert str(read_file(path, LAYOUT).records[1].place) == f"{path}:4"


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_line_ends(path: Path, end: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", end))
    assert rows(path) == EXPECTED


def test_packed_files(path: Path) -> None:
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert rows(packed) == EXPECTED
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(DatasetError, match=f"^{packed}: a damaged gzip file"):
        read_file(packed)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_encodings_with_a_mark(path: Path, encoding: str) -> None:
    path.write_bytes(path.read_bytes().decode().encode(encoding))
    contents = read_file(path, LAYOUT)
    assert contents.layout.encoding == encoding
    assert rows(path) == EXPECTED


def test_other_encodings_are_named_with_their_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().decode().encode("cp1252"))
    with pytest.raises(DatasetError, match=rf"^{path}:2: not UTF-8 text; probably Windows-1252.*"):
        read_file(path)
    layout = Layout(encoding="cp1252", text_column="text", labels_column="id")
    assert rows(path, layout) == EXPECTED


def test_a_nul_character_makes_a_row_odd(path: Path) -> None:
    nul = b"\\u0000" if "json" in path.suffix else b"\0"
    path.write_bytes(path.read_bytes().replace(b"b", nul))
    contents = read_file(path, LAYOUT)
    assert [row.place.line for row in contents.records] == [2]
    assert [str(row) for row in contents.rows if row not in contents.records] == [
        f"{path}:4: a NUL character, which no text contains; remove it"
    ]


def test_missing_files(path: Path) -> None:
    path.unlink()
    with pytest.raises(DatasetError, match=f"^{path}: No such file"):
        read_file(path)


def test_the_formats_are_listed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ends in \.csv or \.tsv .* or \.txt, or `file_format`"):
        read_file(tmp_path / "a.xlsx")


def test_every_suffix_has_an_example() -> None:
    assert {*EXAMPLES, ".parquet"} == set(SUFFIXES)

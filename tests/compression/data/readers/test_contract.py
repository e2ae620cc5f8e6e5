"""What every reader of data files does."""

from pathlib import Path

import pytest

from compression.data.readers import READERS, read_records
from compression.errors import DatasetError

EXAMPLES = {
    ".csv": "id,text\n1,été\n\n2,b\n",
    ".tsv": "id\ttext\n1\tété\n\n2\tb\n",
    ".jsonl": '\n{"id": "1", "text": "été"}\n\n{"id": "2", "text": "b"}\n',
}
"""The same rows on the same lines in each format."""


@pytest.fixture(params=READERS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file in each format."""
    path = tmp_path / f"a{request.param}"
    path.write_bytes(EXAMPLES[request.param].encode())
    return path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_rows_have_names_and_lines(path: Path, mark: bytes) -> None:
    path.write_bytes(mark + path.read_bytes())
    records = list(read_records(path))
    assert [(record.place.line, record.fields) for record in records] == [
        (2, {"id": "1", "text": "été"}),
        (4, {"id": "2", "text": "b"}),
    ]
    assert str(records[1].place) == f"{path}:4"


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_line_ends(path: Path, end: bytes) -> None:
    expected = list(read_records(path))
    path.write_bytes(path.read_bytes().replace(b"\n", end))
    assert list(read_records(path)) == expected


def test_other_encodings_are_named_with_their_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().decode().encode("cp1252"))
    with pytest.raises(DatasetError, match=rf"^{path}:2: not UTF-8 text; probably Windows-1252"):
        list(read_records(path))


def test_missing_files(path: Path) -> None:
    path.unlink()
    with pytest.raises(DatasetError, match=f"^{path}: No such file"):
        list(read_records(path))


def test_the_formats_are_listed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ends in \.csv or \.tsv or \.jsonl"):
        read_records(tmp_path / "a.xlsx")

"""Lines of JSONL files."""

from pathlib import Path

import pytest

from compression.data.readers.json_lines import read_json_lines
from compression.errors import DatasetError


def test_lines_are_counted_with_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    content = '{"text": "x\\u2028"}\r\n\n  \n\ufeff{"text": "a\u2028b", "n": {"a": 1}}'
    path.write_bytes(content.encode())
    records = list(read_json_lines(path))
    assert [(str(record.place), record.fields) for record in records] == [
        (f"{path}:1", {"text": "x\u2028"}),
        (f"{path}:4", {"text": "a\u2028b", "n": {"a": 1}}),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON at column 2: "),
        ("[", "not JSON at column 2: .*each line is one object"),
        ('[{"text": "x"}]', "expected one object, found an array"),
        ("null", "expected one object, found null"),
        ("3", "expected one object, found a number"),
        ('{"text": "a", "text": "b"}', "the key 'text' occurs twice"),
        ('{"n": {"a": 1, "b": 2, "a": 3}}', "the key 'a' occurs twice"),
        (f'{{"n": {"9" * 5000}}}', "a number is too long"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_malformed_lines(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "good"}}\n\n{line}\n')
    with pytest.raises(DatasetError, match=rf"a\.jsonl:3: .*{problem}"):
        list(read_json_lines(path))

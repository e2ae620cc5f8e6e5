"""Lines of JSONL files."""

from pathlib import Path

import pytest

from compression.data.readers.json_lines import read_json_lines
from compression.data.readers.record import Record

PATH = Path("a.jsonl")


def test_lines_are_counted_with_blank_ones() -> None:
    content = '{"text": "x\\u2028"}\r\n\n  \n\ufeff{"text": "a\u2028b", "n": {"a": 1}}'
    records = [row for row in read_json_lines(PATH, content) if isinstance(row, Record)]
    assert [(str(record.place), record.fields) for record in records] == [
        ("a.jsonl:1", {"text": "x\u2028"}),
        ("a.jsonl:4", {"text": "a\u2028b", "n": {"a": 1}}),
    ]


def test_an_array_is_a_row_of_numbered_columns() -> None:
    (row,) = read_json_lines(PATH, '["x", ["a", "b"], 3]\n')
    assert isinstance(row, Record)
    assert row.fields == {"1": "x", "2": ["a", "b"], "3": 3}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON at column 2: "),
        ("[", "not JSON at column 2: "),
        ('{"a": 1} {"b": 2}', "not JSON at column 9: Extra data; each line is one object"),
        ("[]", "expected one object, found an array"),
        ('[{"text": "x"}]', "expected one object, found an array"),
        ("null", "expected one object, found null"),
        ("3", "expected one object, found a number"),
        ('{"text": "a", "text": "b"}', "the key 'text' occurs twice"),
        ('{"n": {"a": 1, "b": 2, "a": 3}}', "the key 'a' occurs twice"),
        (f'{{"n": {"9" * 5000}}}', "a number is too long"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_malformed_lines_are_odd(line: str, problem: str) -> None:
    rows = list(read_json_lines(PATH, f'{{"text": "good"}}\n\n{line}\n{{"text": "too"}}'))
    assert [isinstance(row, Record) for row in rows] == [True, False, True]
    assert str(rows[1]).startswith("a.jsonl:3: ")
    assert problem in str(rows[1])

"""A table that is written in any format reads back the same."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compression.data.tabular import Table

LABELS = ("anger", "joy", "very sad")
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",))
TEXTS = st.text(CHARACTERS, min_size=1, max_size=30).filter(
    lambda text: bool(text.strip()) and not text.startswith("\ufeff")
)
ROWS = st.lists(st.tuples(TEXTS, st.sets(st.sampled_from(LABELS), min_size=1)), min_size=1)
Rows = list[tuple[str, set[str]]]


def delimited(rows: Rows, delimiter: str, separator: str) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "labels"])
    writer.writerows([text, separator.join(sorted(names))] for text, names in rows)
    return buffer.getvalue()


def one_hot(rows: Rows) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", *LABELS])
    writer.writerows([text, *(int(name in names) for name in LABELS)] for text, names in rows)
    return buffer.getvalue()


def json_rows(rows: Rows) -> list[dict[str, object]]:
    return [{"text": text, "labels": sorted(names)} for text, names in rows]


def json_numbers(rows: Rows) -> list[list[object]]:
    return [[text, sorted(map(LABELS.index, names))] for text, names in rows]


FORMATS: dict[str, tuple[str, Callable[[Rows], str], dict[str, object]]] = {
    "comma": ("a.csv", lambda rows: delimited(rows, ",", ","), {}),
    "semicolon": ("a.csv", lambda rows: delimited(rows, ";", ","), {}),
    "tab": ("a.tsv", lambda rows: delimited(rows, "\t", "|"), {"quoted": True}),
    "bar": ("a.csv", lambda rows: delimited(rows, "|", ";"), {}),
    "one-hot": ("a.csv", one_hot, {"label_columns": list(LABELS), "text_column": "text"}),
    "array": ("a.json", lambda rows: json.dumps(json_rows(rows), indent=1), {}),
    "lines": ("a.jsonl", lambda rows: "\n".join(map(json.dumps, json_rows(rows))), {}),
    "numbers": (
        "a.jsonl",
        lambda rows: "\n".join(map(json.dumps, json_numbers(rows))),
        {"text_column": "1", "labels_column": "2"},
    ),
}


@pytest.mark.parametrize("name", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=ROWS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), packed=st.booleans())
def test_tables_read_back(
    tmp_path: Path, name: str, rows: Rows, encoding: str, packed: bool
) -> None:
    file, written, fields = FORMATS[name]
    content = written(rows).encode(encoding)
    path = tmp_path / (f"{file}.gz" if packed else file)
    path.write_bytes(gzip.compress(content) if packed else content)
    table = {"train": path.name, "dev": path.name, "labels": LABELS, **fields}
    data = Table.model_validate(table).load(tmp_path)
    assert data.train.texts == tuple(text for text, _ in rows)
    expected = np.array([[label in names for label in LABELS] for _, names in rows])
    assert (data.train.targets == expected).all()


LINES = (
    st.text(
        st.characters(codec="utf-8", exclude_characters="\0\r\n", exclude_categories=("Cs",)),
        min_size=1,
        max_size=30,
    )
    .map(str.strip)
    .filter(lambda text: bool(text) and not text.startswith("\ufeff"))
)
SINGLE = st.lists(st.tuples(LINES, st.sampled_from(LABELS)), min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=SINGLE, delimiter=st.sampled_from("\t;|,"), labels_first=st.booleans())
def test_tables_without_header_read_back(
    tmp_path: Path, rows: list[tuple[str, str]], delimiter: str, labels_first: bool
) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows(row[::-1] if labels_first else row for row in rows)
    (tmp_path / "a.txt").write_text(buffer.getvalue(), encoding="utf-8", newline="")
    columns = {"text_column": "2", "labels_column": "1"} if labels_first else {"text_column": "1"}
    fields = {"train": "a.txt", "delimiter": delimiter, "header": False, "quoted": True, **columns}
    check_single(Table.model_validate({**fields, "dev": "a.txt", "labels": LABELS}), tmp_path, rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=SINGLE)
def test_two_files_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    texts, labels = zip(*rows, strict=True)
    for name, lines in {"a_text.txt": texts, "a_labels.txt": labels}.items():
        content = "".join(f"{line}\n" for line in lines)
        (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    fields = {"train": "a_text.txt", "dev": "a_text.txt", "labels": LABELS}
    check_single(Table.model_validate(fields), tmp_path, rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=ROWS)
def test_parquet_reads_back(tmp_path: Path, rows: Rows) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.Table.from_pylist(json_rows(rows)), tmp_path / "a.parquet")
    table = Table(train="a.parquet", dev="a.parquet", labels=LABELS)
    data = table.load(tmp_path)
    assert data.train.texts == tuple(text for text, _ in rows)
    expected = np.array([[label in names for label in LABELS] for _, names in rows])
    assert (data.train.targets == expected).all()


def check_single(table: Table, folder: Path, rows: list[tuple[str, str]]) -> None:
    data = table.load(folder)
    assert data.train.texts == tuple(text for text, _ in rows)
    assert data.train.targets.sum(axis=1).tolist() == [1] * len(rows)
    found = [LABELS[i] for i in data.train.targets.argmax(axis=1)]
    assert found == [label for _, label in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=ROWS.filter(lambda rows: len({text for text, _ in rows}) > 2))
def test_made_splits_are_disjoint_and_complete(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "a.csv").write_text(delimited(rows, ",", ","), encoding="utf-8", newline="")
    fields = {"train": "a.csv", "labels": LABELS, "dev_share": 0.3, "test_share": 0.3}
    reading = Table.model_validate(fields).read(tmp_path)
    lines = [example.place.line for split in reading.examples.values() for example in split]
    assert list(reading.examples) == ["train", "dev", "test"]
    assert len(set(lines)) == len(lines) == len(rows)
    for examples in reading.examples.values():
        assert [e.place.line for e in examples] == sorted(e.place.line for e in examples)

"""Tables of any content come back as they were written, or are refused."""

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compression.data.dataset import Dataset
from compression.data.tabular import Table
from compression.errors import DatasetError

LABELS = ("joy", "anger", "very happy")
CHARACTERS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
PIECES = st.lists(
    st.sampled_from([*"\"',;\t\n\r\\[]ab \ufeff\u2028\x85é😀", ",joy", "\tjoy", '""'])
).map("".join)
TEXTS = st.one_of(CHARACTERS, PIECES).filter(lambda text: bool(text.strip()))
ROWS = st.lists(
    st.tuples(TEXTS, st.lists(st.sampled_from(LABELS), unique=True, max_size=3)), min_size=1
).filter(lambda rows: any(names for _, names in rows))
Rows = list[tuple[str, list[str]]]


def load(folder: Path, name: str, content: str | bytes, *, quoted: bool | None = None) -> Dataset:
    """The data of one file, for all splits."""
    encoded = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(encoded)
    return Table.model_validate({"train": name, "dev": name, "quoted": quoted}).load(folder)


def written(rows: Rows, *, text_first: bool, **dialect: object) -> str:
    """A table as `csv` writes it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, **dialect)  # type: ignore[arg-type]  # any dialect
    for text, names in [("text", ["labels"]), *rows]:
        cells = [text, ",".join(names)]
        writer.writerow(cells if text_first else cells[::-1])
    return buffer.getvalue()


def check_that_nothing_is_lost(data: Dataset, rows: Rows) -> None:
    """Every row keeps its labels, and no label is added."""
    assert set(data.labels) == {name for _, names in rows for name in names}
    found = [
        {label for label, holds in zip(data.labels, row, strict=True) if holds}
        for row in data.train.targets
    ]
    assert found == [set(names) for _, names in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    text_first=st.booleans(),
    name=st.sampled_from(["a.csv", "a.tsv"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    quoted=st.sampled_from([None, True]),
)
def test_tables_that_csv_wrote_come_back_or_are_refused(
    tmp_path: Path,
    rows: Rows,
    text_first: bool,
    name: str,
    quoting: int,
    end: str,
    mark: bytes,
    quoted: bool | None,
) -> None:
    delimiter = "," if name == "a.csv" else "\t"
    content = written(
        rows, text_first=text_first, delimiter=delimiter, quoting=quoting, lineterminator=end
    )
    try:
        data = load(tmp_path, name, mark + content.encode(), quoted=quoted)
    except DatasetError:
        return
    check_that_nothing_is_lost(data, rows)
    # A carriage return at the end of a row that is not quoted becomes part of the line end.
    assert [text.rstrip("\r") for text in data.train.texts] == [
        text.rstrip("\r") for text, _ in rows
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, text_first=st.booleans(), quoted=st.sampled_from([None, False]))
def test_unquoted_tables_come_back_or_are_refused(
    tmp_path: Path, rows: Rows, text_first: bool, quoted: bool | None
) -> None:
    rows = [(text.translate(dict.fromkeys(map(ord, "\t\n\r"), " ")), names) for text, names in rows]
    content = "".join(
        "\t".join(cells if text_first else cells[::-1]) + "\n"
        for cells in [["text", "labels"], *([text, ",".join(names)] for text, names in rows)]
    )
    try:
        data = load(tmp_path, "a.tsv", content, quoted=quoted)
    except DatasetError:
        return
    check_that_nothing_is_lost(data, rows)
    if quoted is False:
        assert data.train.texts == tuple(text for text, _ in rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.text(st.sampled_from("ab,\"'\n\r\t[]")), name=st.sampled_from(["a.csv", "a.tsv"]))
def test_no_line_is_lost_without_a_quotation_mark(tmp_path: Path, content: str, name: str) -> None:
    delimiter = "," if name == "a.csv" else "\t"
    try:
        data = load(tmp_path, name, f"text{delimiter}labels\nx{delimiter}joy\n{content}")
    except DatasetError:
        return
    lines = [line for line in content.split("\n") if line.strip()]
    if '"' not in content:
        assert len(data.train) == 1 + len(lines)
    assert all(label and not set(label) & set("\"'[],\n\r\t") for label in data.labels)

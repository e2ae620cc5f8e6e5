"""States in words what was found in files and not said by the recipe."""

from collections.abc import Iterator, Mapping

from compression.data.readers import DEFAULT_DELIMITERS, FileContents
from compression.data.readers.content import format_suffix
from compression.data.tables.reading import TableReading
from compression.messages import listed

_FORMATS = {
    "json": "a JSON array",
    "jsonl": "JSON, a row a line",
    "parquet": "Parquet",
    "lines": "a text a line",
    "fasttext": "a text a line after its labels",
    "parallel": "a text a line, beside a file of labels",
    "folders": "a text a file, in a folder for each label",
}
_DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}


def describe(reading: TableReading, shares: Mapping[str, float]) -> Iterator[str]:
    """A line on each thing that was found and is not the default.

    Args:
        reading: of the files.
        shares: of splits that were made.
    """
    first = reading.contents["train"][0]
    if not _is_plain(reading, first):
        yield f"{first.path}: {layout_words(first)}; {columns_words(reading)}"
    if shares:
        sizes = ", ".join(f"{name} {len(rows):,}" for name, rows in reading.examples.items())
        yield f"split the training texts, with duplicates on one side: {sizes}"


def layout_words(contents: FileContents) -> str:
    """The format of a file, such as `semicolon-separated, no header, latin-1`."""
    layout = contents.layout
    if layout.file_format == "delimited":
        delimiter = layout.delimiter or ""
        name = _DELIMITERS.get(delimiter, repr(delimiter))
        words = [f"{name}-separated", "with a header" if layout.header else "no header"]
    else:
        words = [_FORMATS[layout.file_format or "lines"]]
    if layout.encoding not in {None, "utf-8"}:
        words.append(str(layout.encoding))
    if contents.path.name.lower().endswith(".gz"):
        words.append("gzip")
    return ", ".join(words)


def columns_words(reading: TableReading) -> str:
    """The columns that are read, and how labels are written in them."""
    columns, cells = reading.columns, reading.cells
    if columns.indicators:
        return f"text in column {columns.text!r}, labels in {listed(columns.indicators)}"
    if columns.labels is None:
        return f"text in column {columns.text!r}, no labels"
    words = f"text in column {columns.text!r}, labels in column {columns.labels!r}"
    if cells.numbered:
        words += f" as numbers from {cells.numbered.first}"
    return words if cells.separator == "," else f"{words}, separated by {cells.separator!r}"


def _is_plain(reading: TableReading, first: FileContents) -> bool:
    """Whether the files are as recipes have always described them."""
    default = DEFAULT_DELIMITERS.get(format_suffix(first.path))
    plain = first.layout.delimiter == default and first.layout.header in {None, True}
    columns = (reading.columns.text, reading.columns.labels)
    named = columns == ("text", "labels") and first.layout.encoding in {None, "utf-8"}
    return plain and named and reading.cells.separator == "," and not reading.cells.numbered

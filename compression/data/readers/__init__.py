"""The readers of data files: they give rows with their lines and interpret no column.

A new format is one module, one entry of `FileFormat` and one of the table `READERS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from compression.data.readers.content import Content, format_suffix, read_content
from compression.data.readers.delimited import DEFAULT_DELIMITERS, read_delimited
from compression.data.readers.dialect import find_delimiter, looks_delimited
from compression.data.readers.json_array import read_json_array
from compression.data.readers.json_lines import read_json_lines
from compression.data.readers.layout import FileContents, FileFormat, Layout
from compression.data.readers.parquet import read_parquet
from compression.data.readers.text_lines import (
    is_fasttext,
    labels_beside,
    read_fasttext,
    read_folders,
    read_lines,
    read_parallel,
)
from compression.errors import DatasetError
from compression.text_files import lines_of

_BY_SUFFIX: Mapping[str, FileFormat] = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
}
SUFFIXES = (*_BY_SUFFIX, ".txt")
"""Ends of file names whose formats are known; `.gz` may follow."""

READERS: Mapping[FileFormat, Callable[[Path, Content, Layout], FileContents]] = {
    "delimited": lambda path, content, layout: read_delimited(
        path, content.text, format_suffix(path), layout
    ),
    "json": lambda path, content, layout: FileContents(
        path, layout, list(read_json_array(path, content.text))
    ),
    "jsonl": lambda path, content, layout: FileContents(
        path, layout, list(read_json_lines(path, content.text))
    ),
    "lines": lambda path, content, layout: FileContents(
        path, layout, list(read_lines(path, content.text))
    ),
    "fasttext": lambda path, content, layout: FileContents(
        path, layout, list(read_fasttext(path, content.text))
    ),
    "parallel": lambda path, content, layout: FileContents(
        path, layout, list(read_parallel(path, content.text, layout.encoding))
    ),
}
"""The readers of text; folders and Parquet files are no text."""


def read_file(path: Path, layout: Layout | None = None) -> FileContents:
    """Read the rows of a file, or of a folder with a folder for each label.

    Args:
        path: the end of its name states its format, unless the layout does.
        layout: what is known of the file; the rest is found in its content.

    Raises:
        DatasetError: the file is of another kind, unreadable or malformed, or has no rows.
    """
    contents = _read(path, layout or Layout())
    if not contents.rows:
        raise DatasetError(f"{path}: the file has no rows")
    return contents


def _read(path: Path, layout: Layout) -> FileContents:
    file_format = layout.file_format or ("folders" if path.is_dir() else None)
    if file_format == "folders":
        rows = list(read_folders(path, layout.encoding))
        return FileContents(path, replace(layout, file_format="folders"), rows)
    suffix = format_suffix(path)
    if (file_format or _BY_SUFFIX.get(suffix)) == "parquet":
        return read_parquet(path, layout)
    if file_format is None and suffix not in SUFFIXES:
        raise DatasetError(
            f"{path}: expected a name that ends in {' or '.join(SUFFIXES)}, or `file_format` under"
            " [data]"
        )
    content = read_content(path, layout.encoding)
    file_format = file_format or _format_of(path, content.text, layout)
    known = replace(layout, file_format=file_format, encoding=content.encoding)
    return READERS[file_format](path, content, known)


def _format_of(path: Path, text: str, layout: Layout) -> FileFormat:
    suffix = format_suffix(path)
    if suffix == ".txt":
        return _format_of_text(path, text, layout)
    if suffix == ".json" and not text.lstrip().startswith("["):
        return "jsonl"
    return _BY_SUFFIX[suffix]


def _format_of_text(path: Path, text: str, layout: Layout) -> FileFormat:
    if _states_a_table(layout):
        return "delimited"
    if labels_beside(path):
        return "parallel"
    if is_fasttext(text):
        return "fasttext"
    lines = lines_of(text)
    delimiter = find_delimiter(lines, layout, None)
    delimited = delimiter is not None and looks_delimited(lines, delimiter, layout)
    return "delimited" if delimited else "lines"


def _states_a_table(layout: Layout) -> bool:
    """Whether the recipe has keys that only tables need."""
    stated = (layout.delimiter, layout.header, layout.text_column, layout.labels_column)
    return any(value is not None for value in stated)


__all__ = ["DEFAULT_DELIMITERS", "READERS", "SUFFIXES", "FileContents", "Layout", "read_file"]

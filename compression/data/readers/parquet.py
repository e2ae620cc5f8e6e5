"""Reads Parquet files with pyarrow, which is an optional dependency."""

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from compression.data.readers.content import unpacked
from compression.data.readers.json_values import row_of
from compression.data.readers.layout import FileContents, Layout
from compression.data.readers.record import OddRow, Place, Record
from compression.errors import DatasetError

_INSTALL = "reading Parquet needs pyarrow: pip install pyarrow"


def read_parquet(path: Path, layout: Layout) -> FileContents:
    """Read all rows; the line of a row is its number from 1.

    Names of integer labels are taken from the metadata that the `datasets` library writes.

    Raises:
        DatasetError: pyarrow is missing, or the file is unreadable or damaged.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow = importlib.import_module("pyarrow")
    except ImportError:
        raise DatasetError(f"{path}: {_INSTALL}") from None
    content = unpacked(path)
    try:
        table = parquet.read_table(arrow.BufferReader(content))
        rows = table.to_pylist()
    except (ValueError, OSError, NotImplementedError) as error:  # ArrowInvalid is a ValueError
        raise DatasetError(f"{path}: not a readable Parquet file: {error}") from None
    layout = replace(layout, file_format="parquet")
    names = _label_names(table.schema.metadata or {}, layout.labels_column)
    return FileContents(path, layout, list(_rows(path, rows)), names)


def _rows(path: Path, rows: list[dict[str, Any]]) -> Iterator[Record | OddRow]:
    for number, row in enumerate(rows, start=1):
        yield row_of(Place(path, number), row)


def _label_names(metadata: Mapping[bytes, bytes], column: str | None) -> tuple[str, ...]:
    """The names of the only column of integer labels, or of the given one."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        found = {name: _class_names(feature) for name, feature in features.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    named = {name: names for name, names in found.items() if names}
    if column is not None:
        return named.get(column, ())
    return next(iter(named.values())) if len(named) == 1 else ()


def _class_names(feature: Any) -> tuple[str, ...]:
    if isinstance(feature, list):
        feature = feature[0]
    if isinstance(feature.get("feature"), dict):
        feature = feature["feature"]
    names = feature.get("names") or ()
    return tuple(names) if all(isinstance(name, str) for name in names) else ()

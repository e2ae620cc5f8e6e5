"""Datasets in TSV, CSV or JSONL files with a text and its labels in each row."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from compression.data.dataset import Dataset, Split
from compression.errors import DatasetError

Row = tuple[str, tuple[str, ...]]
"""A text and the names of its labels."""

DIALECTS: dict[str, dict[str, Any]] = {
    ".csv": {"delimiter": ","},
    # TSV has no quoting: a text may start with a quotation mark and not end with one.
    ".tsv": {"delimiter": "\t", "quoting": csv.QUOTE_NONE},
}


class Table(BaseModel):
    """`[data]` of a recipe that trains on other data than GoEmotions.

    TSV and CSV files have a header line. JSONL files have one object per line; its labels are a
    list or a string.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["table"] = "table"
    train: str
    dev: str
    test: str | None = None
    text_column: str = "text"
    labels_column: str = "labels"
    separator: Annotated[str, Field(min_length=1)] = ","
    """Separates the labels of one row if they are a string."""
    labels: Annotated[tuple[str, ...] | None, Field(min_length=1)] = None
    """All labels, in the order of the outputs; default: those of the training file, sorted."""

    def load(self, folder: Path) -> Dataset:
        """Read the files.

        Raises:
            DatasetError: a file, column or label is missing or malformed.
        """
        files = {"train": self.train, "dev": self.dev, "test": self.test}
        rows = {
            split: list(self._rows(folder / name))
            for split, name in files.items()
            if name is not None
        }
        labels = self.labels or tuple(sorted({x for _, (_, names) in rows["train"] for x in names}))
        if not labels:
            raise DatasetError(f"{folder / self.train}: no row has a label")
        return Dataset(labels, {split: _split(found, labels) for split, found in rows.items()})

    def _rows(self, path: Path) -> Iterator[tuple[str, Row]]:
        for location, record in _records(path):
            for column in (self.text_column, self.labels_column):
                if record.get(column) is None:
                    known = ", ".join(map(str, record))
                    raise DatasetError(f"{location}: no column {column!r}; there are: {known}")
            text, labels = record[self.text_column], record[self.labels_column]
            if isinstance(labels, str):
                labels = [name.strip() for name in labels.split(self.separator) if name.strip()]
            if not isinstance(text, str) or not _are_names(labels):
                raise DatasetError(f"{location}: text must be a string, labels strings")
            yield location, (text, tuple(labels))


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        # utf-8-sig drops the byte-order mark that spreadsheets write.
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix == ".jsonl":
                yield from _json_records(path, file)
            elif path.suffix in DIALECTS:
                reader = csv.DictReader(file, **DIALECTS[path.suffix])
                yield from ((f"{path}:{reader.line_num}", record) for record in reader)
            else:
                raise DatasetError(f"{path}: expected a name that ends in .csv, .tsv or .jsonl")
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: {error}") from error


def _json_records(path: Path, lines: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        location = f"{path}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{location}: not JSON: {error}") from error
        if not isinstance(record, dict):
            raise DatasetError(f"{location}: expected an object, found {type(record).__name__}")
        yield location, record


def _are_names(labels: object) -> bool:
    return isinstance(labels, list) and all(isinstance(name, str) for name in labels)


def _split(rows: list[tuple[str, Row]], labels: tuple[str, ...]) -> Split:
    targets = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    for i, (location, (_, names)) in enumerate(rows):
        for name in names:
            if name not in labels:
                raise DatasetError(
                    f"{location}: unknown label {name!r}; known: {', '.join(labels)}"
                )
            targets[i, labels.index(name)] = True
    return Split(tuple(text for _, (text, _) in rows), targets)

"""Datasets in TSV, CSV or JSONL files with a text and its labels in each row.

This module interprets the fields of rows; `readers` provides the rows and their places.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from compression.data.dataset import Dataset, Split
from compression.data.labels import (
    LabelsError,
    check_new_labels,
    difference,
    label_names,
    spelling_key,
)
from compression.data.readers import read_records
from compression.data.readers.json_lines import JSON_NAMES
from compression.data.readers.record import Place, Record
from compression.errors import DatasetError
from compression.messages import listed, shown, suggestion
from compression.recipe_table import Array, RecipeTable

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class _Example:
    """A text and the names of its labels."""

    place: Place
    text: str
    labels: tuple[str, ...]
    labels_by_line: tuple[tuple[str, ...], ...] = ()
    """The labels of each line, if a quoted cell joins lines that could be rows of their own."""


class Table(RecipeTable):
    """`[data]` of a recipe that trains on other data than GoEmotions.

    TSV and CSV files have a header line. JSONL files have one object per line; its labels are a
    list or a string.
    """

    format: Literal["table"] = "table"
    train: str
    dev: str
    test: str | None = None
    text_column: str = "text"
    labels_column: str = "labels"
    separator: Annotated[str, Field(min_length=1)] = ","
    """Separates the labels of one row if they are a string."""
    quoted: Annotated[
        bool | None,
        Field(
            description="whether cells may be quoted; for TSV files, the content decides if missing"
        ),
    ] = None
    labels: Annotated[Array[str] | None, Field(min_length=1)] = None
    """All labels, in the order of the outputs; default: those of the training file, sorted."""
    origin: Annotated[
        str | None, Field(description="where to get the files, and their licence")
    ] = None

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        if self.text_column == self.labels_column:
            raise ValueError("`text_column` and `labels_column` must be two columns")
        return self

    def load(self, folder: Path) -> Dataset:
        """Read the files.

        Raises:
            DatasetError: a file, row, column or label is missing or malformed.
        """
        files = {"train": self.train, "dev": self.dev, "test": self.test}
        examples = {
            split: list(self._examples(folder / name))
            for split, name in files.items()
            if name is not None
        }
        labels = self.labels or self._labels_of(examples["train"])
        if not labels:
            raise DatasetError(f"{folder / self.train}: no row has a label")
        return Dataset(labels, {split: _split(found, labels) for split, found in examples.items()})

    def _examples(self, path: Path) -> Iterator[_Example]:
        if self.origin and not path.exists():
            raise DatasetError(f"{path}: no such file; get it from {self.origin}")
        empty = True
        for record in read_records(path, quoted=self.quoted):
            empty = False
            yield self._example(record)
        if empty:
            raise DatasetError(f"{path}: the file has no rows")

    def _example(self, record: Record) -> _Example:
        self._check_columns(record)
        text = _text(record, self.text_column)
        try:
            labels = label_names(record.fields[self.labels_column], self.separator)
        except LabelsError as error:
            raise record.place.error(f"{self.labels_column}: {error}") from None
        return _Example(record.place, text, labels, tuple(self._labels_by_line(record)))

    def _check_columns(self, record: Record) -> None:
        for column in (self.text_column, self.labels_column):
            if column not in record.fields:
                hint = suggestion(column, record.fields) or _header_hint(record)
                known = listed(tuple(record.fields))
                raise record.names_place.error(f"no column {column!r}; there are: {known}{hint}")

    def _labels_by_line(self, record: Record) -> Iterator[tuple[str, ...]]:
        for row in record.line_rows:
            with suppress(LabelsError):  # this line is part of a text
                yield label_names(row[self.labels_column], self.separator)

    def _labels_of(self, examples: Sequence[_Example]) -> tuple[str, ...]:
        uses: dict[str, Place] = {}
        for example in examples:
            for name in example.labels:
                uses.setdefault(name, example.place)
        check_new_labels(uses, self.separator)
        return tuple(sorted(uses))


def _text(record: Record, column: str) -> str:
    text = record.fields[column]
    if not isinstance(text, str):
        raise record.place.error(f"{column} must be a string, found {JSON_NAMES[type(text)]}")
    if not text.strip():
        raise record.place.error(f"{column} is empty; delete the row, or write a text")
    if _SURROGATE.search(text):
        raise record.place.error(f"{column} contains half of a character (a lone surrogate)")
    return text


def _header_hint(record: Record) -> str:
    if record.names_place == record.place:  # JSONL has no header
        return ""
    for separator in ";|\t":
        if any(separator in name for name in record.fields):
            return f"; are cells separated by {separator!r}?"
    return "; is the header line missing?"


def _split(examples: Sequence[_Example], labels: tuple[str, ...]) -> Split:
    column = {label: i for i, label in enumerate(labels)}
    targets = np.zeros((len(examples), len(labels)), dtype=np.bool_)
    for i, example in enumerate(examples):
        _check_lines(example, column)
        for name in example.labels:
            if name not in column:
                raise example.place.error(_unknown(name, labels))
            targets[i, column[name]] = True
    return Split(tuple(example.text for example in examples), targets)


def _unknown(name: str, labels: Sequence[str]) -> str:
    for label in labels:
        if spelling_key(label) == spelling_key(name):
            return f"{difference(name, label)}; use one spelling"
    return f"unknown label {shown(name)}; known: {listed(labels)}{suggestion(name, labels)}"


def _check_lines(example: _Example, known: Mapping[str, int]) -> None:
    """Refuse a row that a stray quotation mark made of several."""
    labelled = [names for names in example.labels_by_line if names]
    own = 1 if example.labels else 0
    if len(labelled) > own and all(name in known for names in labelled for name in names):
        raise example.place.error(
            "a quoted cell joins several lines that look like rows of their own; double the"
            " quotation mark if it is part of a text, or write the text on one line"
        )

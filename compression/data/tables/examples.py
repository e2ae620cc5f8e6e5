"""From rows to examples: a text and the names of its labels, or a problem with the row."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from compression.data.dataset import Split
from compression.data.labels import LabelsError, difference, spelling_key
from compression.data.readers.json_values import JSON_NAMES
from compression.data.readers.record import OddRow, OddRowError, Place, Record
from compression.data.tables.columns import ONES, Columns, column_problem
from compression.data.tables.label_cells import LabelCells
from compression.messages import listed, shown, suggestion

_SURROGATE = re.compile("[\ud800-\udfff]")
_ZEROS = frozenset(("0", "0.0", "false"))


@dataclass(frozen=True)
class Example:
    """A text and the names of its labels."""

    place: Place
    text: str
    labels: tuple[str, ...]
    labels_by_line: tuple[tuple[str, ...], ...] = ()
    """The labels of each line, if a quoted cell joins lines that could be rows of their own."""


@dataclass(frozen=True)
class RowRules:
    """What the columns of a row mean, and which rows are odd."""

    columns: Columns
    cells: LabelCells
    longest: int | None = None
    """Texts of more characters are odd."""
    labels_required: bool = False
    """Whether rows without labels are odd."""

    def read(self, row: Record | OddRow) -> Example | OddRow:
        """The example of a row, or what is wrong with it."""
        if isinstance(row, OddRow):
            return row
        try:
            self._check_columns(row)
            labels = self._labels(row)
            text = _text(row, self.columns.text, self.longest)
        except OddRowError as error:
            return OddRow(row.place, str(error))
        return Example(row.place, text, labels, tuple(self._labels_by_line(row)))

    def _check_columns(self, record: Record) -> None:
        for column in self.columns.used:
            if column not in record.fields:
                raise OddRowError(column_problem(column, record))

    def _labels(self, record: Record) -> tuple[str, ...]:
        column = self.columns.labels
        if self.columns.indicators:
            labels = tuple(n for n in self.columns.indicators if _holds(record.fields[n], n))
        elif column is None:
            return ()
        else:
            try:
                labels = self.cells.names(record.fields[column])
            except LabelsError as error:
                raise OddRowError(f"{column}: {error}") from None
        if self.labels_required and not labels:
            raise OddRowError("no label; write one, or delete the row")
        return labels

    def _labels_by_line(self, record: Record) -> Iterator[tuple[str, ...]]:
        if self.columns.labels is None:
            return
        for row in record.line_rows:
            with suppress(LabelsError):  # this line is part of a text
                yield self.cells.names(row[self.columns.labels])


def _holds(value: object, column: str) -> bool:
    found = str(value).strip().casefold()
    if found in ONES:
        return True
    if found not in _ZEROS:
        raise OddRowError(f"{column}: {shown(value)} is neither 0 nor 1")
    return False


def _text(record: Record, column: str, longest: int | None) -> str:
    text = record.fields[column]
    if not isinstance(text, str):
        raise OddRowError(f"{column} must be a string, found {_kind(text)}")
    if not text.strip():
        raise OddRowError(f"{column} is empty; delete the row, or write a text")
    if _SURROGATE.search(text):
        raise OddRowError(f"{column} contains half of a character (a lone surrogate)")
    if longest is not None and len(text) > longest:
        raise OddRowError(f"{column} has {len(text):,} characters, {longest:,} at most")
    return text


def _kind(value: object) -> str:
    return JSON_NAMES.get(type(value), type(value).__name__)


def known_or_odd(
    examples: Sequence[Example | OddRow], labels: Sequence[str]
) -> Iterator[Example | OddRow]:
    """The same rows; those with unknown labels, and those that join several rows, are odd.

    Args:
        examples: of one split.
        labels: all of them.
    """
    known = frozenset(labels)
    for example in examples:
        problem = None if isinstance(example, OddRow) else _problem(example, known, labels)
        yield OddRow(example.place, problem) if problem else example


def split_of(examples: Sequence[Example], labels: Sequence[str]) -> Split:
    """The split of examples whose labels are all known."""
    column = {label: i for i, label in enumerate(labels)}
    targets = np.zeros((len(examples), len(labels)), dtype=np.bool_)
    for i, example in enumerate(examples):
        for name in example.labels:
            targets[i, column[name]] = True
    return Split(tuple(example.text for example in examples), targets)


def first_uses(examples: Sequence[Example | OddRow]) -> Mapping[str, Place]:
    """The labels of examples, each with its first place."""
    uses: dict[str, Place] = {}
    for example in examples:
        for name in () if isinstance(example, OddRow) else example.labels:
            uses.setdefault(name, example.place)
    return uses


def _problem(example: Example, known: frozenset[str], labels: Sequence[str]) -> str | None:
    labelled = [names for names in example.labels_by_line if names]
    own = 1 if example.labels else 0
    if len(labelled) > own and all(name in known for names in labelled for name in names):
        return (
            "a quoted cell joins several lines that look like rows of their own; double the"
            " quotation mark if it is part of a text, or write the text on one line"
        )
    unknown = next((name for name in example.labels if name not in known), None)
    return None if unknown is None else _unknown(unknown, labels)


def _unknown(name: str, labels: Sequence[str]) -> str:
    for label in labels:
        if spelling_key(label) == spelling_key(name):
            return f"{difference(name, label)}; use one spelling"
    return f"unknown label {shown(name)}; known: {listed(labels)}{suggestion(name, labels)}"

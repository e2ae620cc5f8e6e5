"""Finds the columns of texts and labels: by the recipe, then by their names, then by content."""

from collections.abc import Sequence
from dataclasses import dataclass

from compression.data.readers.column_names import LABEL_NAMES, TEXT_NAMES, first_known
from compression.data.readers.record import Record
from compression.errors import DatasetError
from compression.messages import listed, suggestion

_INDICATORS = frozenset(("0", "1", "0.0", "1.0", "false", "true"))
ONES = frozenset(("1", "1.0", "true"))
"""What a column of one label holds for texts with this label, in lower case."""


@dataclass(frozen=True)
class Columns:
    """The columns that are read; others are ignored."""

    text: str
    labels: str | None = None
    """The column of names or ids; None if there are no labels, or one column for each."""
    indicators: tuple[str, ...] = ()
    """Columns of 0 and 1, each named as a label."""
    guessed: tuple[str, ...] = ()
    """Those that content, not a name, told."""

    @property
    def used(self) -> tuple[str, ...]:
        return (self.text, *([self.labels] if self.labels else []), *self.indicators)


def find_columns(
    records: Sequence[Record],
    *,
    text: str | None = None,
    labels: str | None = None,
    indicators: Sequence[str] = (),
) -> Columns:
    """The columns of a table.

    Args:
        records: the rows of the training files, at least one.
        text: the column of texts, if the recipe names it.
        labels: that of labels, if the recipe names it.
        indicators: the columns of single labels, if the recipe names them.

    Raises:
        DatasetError: a named column does not exist, or no column can be that of texts or labels.
    """
    names = list(dict.fromkeys(name for record in records for name in record.fields))
    for name in (text, labels, *indicators):
        if name is not None and name not in names:
            raise missing_column(name, records[0])
    of_labels = {labels or first_known(names, LABEL_NAMES), *indicators}
    text_column = text or first_known([n for n in names if n != labels], TEXT_NAMES)
    guessed = [] if text_column else ["text"]
    text_column = text_column or _longest(records, [n for n in names if n not in of_labels])
    if text_column is None:
        raise missing_column("text", records[0])
    if labels or indicators:
        return Columns(text_column, labels, tuple(indicators), tuple(guessed))
    others = [name for name in names if name != text_column]
    if known := first_known(others, LABEL_NAMES):
        return Columns(text_column, known, (), tuple(guessed))
    return _by_content(records, text_column, others, guessed)


def missing_column(name: str, record: Record) -> DatasetError:
    """The error of a row that lacks a column."""
    return record.names_place.error(column_problem(name, record))


def column_problem(name: str, record: Record) -> str:
    """What the error of a row that lacks a column says."""
    hint = suggestion(name, record.fields) or _header_hint(record)
    return f"no column {name!r}; there are: {listed(tuple(record.fields))}{hint}"


def _by_content(
    records: Sequence[Record], text: str, others: Sequence[str], guessed: Sequence[str]
) -> Columns:
    indicators = tuple(name for name in others if _is_indicator(records, name))
    if len(indicators) > 1:
        return Columns(text, None, indicators, (*guessed, "labels"))
    column = others[0] if len(others) == 1 else _least_varied(records, others)
    if others and column is None:
        raise records[0].names_place.error(
            f"no column 'labels'; there are: {listed(tuple(records[0].fields))}; name it as"
            " `labels_column` under [data]"
        )
    return Columns(text, column, (), (*guessed, *(["labels"] if column else [])))


def _longest(records: Sequence[Record], names: Sequence[str]) -> str | None:
    """The column with long and varied strings; the first of several."""
    sizes = {name: _content(records, name) for name in names}
    best = max(names, key=lambda name: sizes[name], default=None)
    return best if best is not None and sizes[best] else None


def _content(records: Sequence[Record], name: str) -> int:
    """Characters, times the number of different values: long names of few labels are no texts."""
    values = [record.fields.get(name) for record in records]
    strings = [value for value in values if isinstance(value, str)]
    return sum(map(len, strings)) * len(set(strings))


def _is_indicator(records: Sequence[Record], name: str) -> bool:
    return {str(record.fields.get(name)).strip().casefold() for record in records} <= _INDICATORS


def _least_varied(records: Sequence[Record], names: Sequence[str]) -> str | None:
    """The column with the fewest values, at least two of which one occurs twice."""
    counts = {name: len({str(record.fields.get(name)) for record in records}) for name in names}
    possible = [name for name in names if 1 < counts[name] < len(records)]
    return min(possible, key=lambda name: counts[name], default=None)


def _header_hint(record: Record) -> str:
    if record.names_place == record.place:  # no header
        return ""
    for separator in ";|\t":
        if any(separator in name for name in record.fields):
            return f"; are cells separated by {separator!r}?"
    return "; is the header line missing?"

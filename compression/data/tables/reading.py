"""Reads the files of a table: layouts, columns, examples and odd rows, in splits.

Nothing is refused here but what leaves no rows to speak of. `compression.data.tabular` refuses odd
rows, and `preview` shows them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from compression.data.labels import check_new_labels
from compression.data.readers import FileContents, Layout, read_file
from compression.data.readers.content import format_suffix
from compression.data.readers.record import OddRow, Record
from compression.data.tables.columns import Columns, find_columns
from compression.data.tables.examples import (
    Example,
    RowRules,
    first_uses,
    known_or_odd,
    split_of,
)
from compression.data.tables.label_cells import LabelCells, NumberedNames, find_label_cells
from compression.data.tables.splitting import stratified_split, text_key
from compression.errors import DatasetError


@dataclass(frozen=True)
class TableFiles:
    """What is known of a table before it is read."""

    paths: Mapping[str, Sequence[Path]]
    """The files of each split that has any; `train` has."""
    layout: Layout = field(default_factory=Layout)
    indicators: Sequence[str] = ()
    """Columns of single labels."""
    separator: str | None = None
    listed: NumberedNames | None = None
    """All labels in the order of the outputs, if they are listed."""
    first_id: int = 0
    """The number of the first name, if the files themselves state names."""
    longest: int | None = None
    labels_required: bool = False
    shares: Mapping[str, float] = field(default_factory=dict)
    """Of the splits that are made of the training files, which lack files."""
    seed: int = 0


@dataclass(frozen=True)
class TableReading:
    """What the files of a table hold."""

    labels: tuple[str, ...]
    examples: Mapping[str, Sequence[Example]]
    """In the order of the files, by split."""
    odd_rows: Mapping[str, Sequence[OddRow]]
    """By split that has files."""
    contents: Mapping[str, Sequence[FileContents]]
    """By split that has files."""
    columns: Columns
    cells: LabelCells
    problem: DatasetError | None = None
    """Why the labels cannot be those of a variant."""


def read_table(files: TableFiles) -> TableReading:
    """Read all files.

    Raises:
        DatasetError: a file is missing or malformed, or a column is missing.
    """
    contents = dict(_contents(files))
    records = [record for one in contents["train"] for record in one.records]
    if not records:
        raise DatasetError(str(_odd(contents["train"])[0]))
    columns = find_columns(
        records,
        text=files.layout.text_column,
        labels=files.layout.labels_column,
        indicators=files.indicators,
    )
    cells, listed = _label_cells(files, contents["train"], records, columns)
    rules = RowRules(columns, cells, files.longest, files.labels_required)
    found = {
        split: [rules.read(row) for one in several for row in one.rows]
        for split, several in contents.items()
    }
    labels, problem = _labels(listed, found["train"], cells, columns)
    checked = {split: list(known_or_odd(rows, labels)) for split, rows in found.items()}
    good = {s: [row for row in rows if isinstance(row, Example)] for s, rows in checked.items()}
    odd = {s: [row for row in rows if isinstance(row, OddRow)] for s, rows in checked.items()}
    examples = _with_made_splits(good, labels, files)
    return TableReading(labels, examples, odd, contents, columns, cells, problem)


def _contents(files: TableFiles) -> Iterator[tuple[str, list[FileContents]]]:
    """The rows of each split; the first file settles what later ones of its kind leave open."""
    first: FileContents | None = None
    for split, paths in files.paths.items():
        found = []
        for path in paths:
            found.append(read_file(path, _layout(files.layout, path, first)))
            first = first or found[0]
        yield split, found


def _layout(known: Layout, path: Path, first: FileContents | None) -> Layout:
    if first is None or format_suffix(path) != format_suffix(first.path):
        return known
    return replace(
        known,
        file_format=known.file_format or first.layout.file_format,
        delimiter=known.delimiter or first.layout.delimiter,
        header=first.layout.header if known.header is None else known.header,
    )


def _odd(contents: Sequence[FileContents]) -> list[OddRow]:
    return [row for one in contents for row in one.rows if isinstance(row, OddRow)]


def _label_cells(
    files: TableFiles, train: Sequence[FileContents], records: Sequence[Record], columns: Columns
) -> tuple[LabelCells, NumberedNames | None]:
    """How labels are written, and all of them if the recipe, a list or the files state them."""
    stated = train[0].label_names
    listed = files.listed or (NumberedNames(stated, files.first_id) if stated else None)
    if columns.labels is None:
        return LabelCells(files.separator or ","), files.listed
    values = [record.fields.get(columns.labels) for record in records]
    return find_label_cells(values, files.separator, listed), listed


def _labels(
    listed: NumberedNames | None,
    rows: Sequence[Example | OddRow],
    cells: LabelCells,
    columns: Columns,
) -> tuple[tuple[str, ...], DatasetError | None]:
    if listed:
        return listed.names, None
    if columns.indicators:
        return columns.indicators, None
    uses = first_uses(rows)
    try:
        check_new_labels(uses, cells.separator)
    except DatasetError as error:
        return tuple(sorted(uses)), error
    return tuple(sorted(uses)), None


def _with_made_splits(
    examples: Mapping[str, list[Example]], labels: Sequence[str], files: TableFiles
) -> dict[str, list[Example]]:
    """The examples of all splits: those of files, and those that are made of the training files."""
    if not files.shares or not examples["train"]:
        return dict(examples)
    train = examples["train"]
    shares = {"train": 1 - sum(files.shares.values()), **files.shares}
    targets = split_of(train, labels).targets
    keys = [text_key(example.text) for example in train]
    found = stratified_split(keys, targets, shares, seed=files.seed)
    made = {
        split: [train[i] for i in np.flatnonzero(found == position)]
        for position, split in enumerate(shares)
    }
    return {split: {**examples, **made}[split] for split in _ORDER if split in {**examples, **made}}


_ORDER = ("train", "dev", "test")

"""`[data]` with `format = "table"`: texts with their labels in files of many formats.

Nothing is repaired by guessing: odd rows are refused, or left out and reported. What the files do
not state is found in their content; `compression.data.tables` and `compression.data.readers` say
how, and each field of the recipe overrides it.
"""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from compression.data.dataset import Dataset
from compression.data.readers.layout import FileFormat, Layout
from compression.data.readers.record import OddRow
from compression.data.tables.description import describe
from compression.data.tables.examples import split_of
from compression.data.tables.files import files_of
from compression.data.tables.label_cells import NumberedNames, read_label_list
from compression.data.tables.reading import TableFiles, TableReading, read_table
from compression.errors import DatasetError
from compression.networks import PositiveInt
from compression.progress import log
from compression.recipe_table import Array, RecipeTable
from compression.settings import Seed

_DEFAULT_SHARE = 0.1
_ODD_SHOWN = 5


def _as_array(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"no encoding {name!r}, such as 'utf-8', 'cp1252' or 'utf-16'") from None


Files = Annotated[Array[str], Field(min_length=1), BeforeValidator(_as_array)]
"""One name or several; a name may be a pattern, such as `train-*.csv`, or a folder."""
Share = Annotated[float, Field(gt=0, lt=1)]


class Table(RecipeTable):
    """`[data]` of a recipe that trains on other data than GoEmotions."""

    format: Literal["table"] = "table"
    train: Files
    dev: Annotated[
        Files | None, Field(description="if missing, dev_share of the training texts")
    ] = None
    test: Files | None = None
    file_format: Annotated[
        FileFormat | None, Field(description="default: by the name of each file")
    ] = None
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    header: Annotated[bool | None, Field(description="whether the first row names the columns")] = (
        None
    )
    quoted: Annotated[
        bool | None,
        Field(
            description="whether cells may be quoted; for TSV files, the content decides if missing"
        ),
    ] = None
    text_column: str | None = None
    """Columns without a header are `1`, `2` and so on."""
    labels_column: str | None = None
    label_columns: Annotated[
        Array[str], Field(description="columns of 0 and 1, each for one label")
    ] = ()
    separator: Annotated[str | None, Field(min_length=1)] = None
    """Separates the labels of one row if they are a string."""
    labels: Annotated[Array[str] | None, Field(min_length=1)] = None
    """All labels, in the order of the outputs; default: those of the training file, sorted."""
    labels_file: Annotated[
        str | None, Field(description="holds all labels, one a line, also after their numbers")
    ] = None
    first_id: Annotated[int, Field(ge=0, description="the number of the first label")] = 0
    odd_rows: Annotated[
        Literal["refuse", "skip"], Field(description="what to do with rows that cannot be used")
    ] = "refuse"
    longest: Annotated[
        PositiveInt | None, Field(description="characters; rows with longer texts are odd")
    ] = None
    labels_required: Annotated[
        bool, Field(description="whether rows without labels are odd, not examples of none")
    ] = False
    dev_share: Annotated[
        Share | None, Field(description="of the training texts, if there are no dev files")
    ] = None
    test_share: Annotated[
        Share | None, Field(description="likewise; default: 0.1 if dev files are missing, too")
    ] = None
    split_seed: Seed = 0
    origin: Annotated[
        str | None, Field(description="where to get the files, and their licence")
    ] = None

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        text, labels = self.text_column or "text", self.labels_column or "labels"
        if text == labels or text in self.label_columns:
            raise ValueError("`text_column` and `labels_column` must be two columns")
        if self.labels_column and self.label_columns:
            raise ValueError("`labels_column` and `label_columns` exclude each other")
        if self.labels and self.labels_file:
            raise ValueError("`labels` and `labels_file` exclude each other")
        return self

    @model_validator(mode="after")
    def _shares_are_of_missing_splits(self) -> Self:
        given = {"dev": (self.dev, self.dev_share), "test": (self.test, self.test_share)}
        for split, (files, share) in given.items():
            if files is not None and share is not None:
                raise ValueError(f"`{split}` and `{split}_share` exclude each other")
        if sum(self.shares.values()) >= 1:
            raise ValueError("`dev_share` and `test_share` leave no texts to train on")
        return self

    @property
    def shares(self) -> dict[str, float]:
        """The share of the training texts of each split that is made of them."""
        found = {}
        if self.dev is None:
            found["dev"] = self.dev_share or _DEFAULT_SHARE
        if self.test is None and (self.test_share or self.dev is None):
            found["test"] = self.test_share or _DEFAULT_SHARE
        return found

    def load(self, folder: Path) -> Dataset:
        """Read the files.

        Raises:
            DatasetError: a file, row, column or label is missing or malformed.
        """
        reading = self.read(folder)
        if reading.columns.labels is None and not reading.columns.indicators:
            raise DatasetError(
                f"{reading.contents['train'][0].path}: no labels; use texts without labels as"
                " [texts.NAME], or name their column as `labels_column`"
            )
        if reading.problem is not None:
            raise reading.problem
        for split, rows in reading.odd_rows.items():
            self._refuse_or_report(split, rows)
        for line in describe(reading, self.shares):
            log(line)
        if not reading.labels:
            raise DatasetError(f"{reading.contents['train'][0].path}: no row has a label")
        splits = {
            split: split_of(examples, reading.labels)
            for split, examples in reading.examples.items()
        }
        return Dataset(reading.labels, splits)

    def read(self, folder: Path) -> TableReading:
        """Read the files, and also what `load` would refuse.

        Raises:
            DatasetError: a file is missing or malformed, or a column is missing.
        """
        return read_table(
            TableFiles(
                paths=dict(self._paths(folder)),
                layout=Layout(
                    file_format=self.file_format,
                    encoding=self.encoding,
                    delimiter=self.delimiter,
                    quoted=self.quoted,
                    header=self.header,
                    text_column=self.text_column,
                    labels_column=self.labels_column,
                ),
                indicators=self.label_columns,
                separator=self.separator,
                listed=self._listed(folder),
                first_id=self.first_id,
                longest=self.longest,
                labels_required=self.labels_required,
                shares=self.shares,
                seed=self.split_seed,
            )
        )

    def _paths(self, folder: Path) -> Iterator[tuple[str, Sequence[Path]]]:
        names: Mapping[str, tuple[str, ...] | None] = {
            "train": self.train,
            "dev": self.dev,
            "test": self.test,
        }
        for split, several in names.items():
            if several is not None:
                yield split, files_of(folder, several, origin=self.origin)

    def _listed(self, folder: Path) -> NumberedNames | None:
        if self.labels_file:
            return read_label_list(folder / self.labels_file, first=self.first_id)
        return NumberedNames(self.labels, self.first_id) if self.labels else None

    def _refuse_or_report(self, split: str, rows: Sequence[OddRow]) -> None:
        if not rows:
            return
        first, *others = rows
        also = "; ".join(_with_line(row, first) for row in (first, *others[: _ODD_SHOWN - 1]))
        if self.odd_rows == "skip":
            log(f"left out {len(rows):,} odd rows of the {split} split: {also}")
        elif others:
            raise DatasetError(
                f"{also}; {len(rows):,} rows of the {split} split are odd: correct them, or leave"
                ' them out with odd_rows = "skip" under [data]'
            )
        else:
            raise DatasetError(str(first))


def _with_line(row: OddRow, first: OddRow) -> str:
    if row is first or row.place.path != first.place.path:
        return str(row)
    return f"line {row.place.line}: {row.problem}"

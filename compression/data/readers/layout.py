"""What is known about a file before it is read, and what was found about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from compression.data.readers.record import OddRow, Record

FileFormat = Literal[
    "delimited", "json", "jsonl", "parquet", "lines", "parallel", "fasttext", "folders"
]
"""`lines` are texts without labels; `parallel` files hold labels in the lines of another file;
`fasttext` lines begin with their labels, such as `__label__joy`; `folders` hold one text a file,
and each folder is a label."""


@dataclass(frozen=True)
class Layout:
    """How a file is written. What is None is not known, or does not apply."""

    file_format: FileFormat | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quoted: bool | None = None
    header: bool | None = None
    text_column: str | None = None
    labels_column: str | None = None

    def like(self, other: "Layout") -> "Layout":
        """This layout, in which an earlier file of the same format settles what is not known."""
        if self.file_format not in {None, other.file_format}:
            return self
        return replace(
            self,
            delimiter=self.delimiter or other.delimiter,
            header=other.header if self.header is None else self.header,
        )


@dataclass(frozen=True)
class FileContents:
    """The rows of a file."""

    path: Path
    layout: Layout
    rows: Sequence[Record | OddRow]
    label_names: tuple[str, ...] = ()
    """Names of integer labels in their order, if the file states them."""

    @property
    def records(self) -> list[Record]:
        return [row for row in self.rows if isinstance(row, Record)]

"""The readers of data files: they yield rows with their lines and interpret no column.

A new format is one module and one entry of the table below.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from compression.data.readers.delimited import read_delimited
from compression.data.readers.json_lines import read_json_lines
from compression.data.readers.record import Record
from compression.errors import DatasetError

READERS: Mapping[str, Callable[[Path, bool | None], Iterator[Record]]] = {
    ".csv": lambda path, quoted: read_delimited(path, delimiter=",", quoted=quoted is not False),
    ".tsv": lambda path, quoted: read_delimited(path, delimiter="\t", quoted=quoted),
    ".jsonl": lambda path, _: read_json_lines(path),
}
"""By the end of the file name: functions of the file and of whether cells are quoted, if known."""


def read_records(path: Path, *, quoted: bool | None = None) -> Iterator[Record]:
    """Yield the rows of a file.

    Args:
        path: its end, in any case, is one of `READERS`.
        quoted: whether cells of delimited files may be quoted. By default those of CSV files may
            be, and the content of a TSV file decides.

    Raises:
        DatasetError: the file is of another kind, unreadable or malformed.
    """
    read = READERS.get(path.suffix.lower())
    if read is None:
        raise DatasetError(f"{path}: expected a name that ends in {' or '.join(READERS)}")
    return read(path, quoted)

"""The readers of data files, by the end of the file name."""

from collections.abc import Iterator
from pathlib import Path

from compression.data.delimited import read_delimited
from compression.data.json_lines import read_json_lines
from compression.data.record import Record
from compression.errors import DatasetError

DELIMITERS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (*DELIMITERS, ".jsonl")


def read_records(path: Path, *, quoted: bool | None = None) -> Iterator[Record]:
    """Yield the rows of a file.

    Args:
        path: its end, in any case, is one of `SUFFIXES`.
        quoted: whether cells of delimited files may be quoted. By default those of CSV files may
            be, and the content of a TSV file decides.

    Raises:
        DatasetError: the file is of another kind, unreadable or malformed.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DatasetError(f"{path}: expected a name that ends in {' or '.join(SUFFIXES)}")
    if suffix == ".jsonl":
        return read_json_lines(path)
    if quoted is None and suffix == ".csv":
        quoted = True
    return read_delimited(path, delimiter=DELIMITERS[suffix], quoted=quoted)

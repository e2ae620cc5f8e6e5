"""Lists of sentences, one file a register."""

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from compression.errors import CompressionError
from compression.text_files import lines_of, read_text

_COLUMNS = ["text", "labels"]


@dataclass(frozen=True)
class Register:
    """Sentences of one way to write, such as tweets.

    Attributes:
        name: of the file.
        texts: the sentences.
        acceptable: the labels of which a reader would accept any, for each sentence.
    """

    name: str
    texts: tuple[str, ...]
    acceptable: tuple[frozenset[str], ...]


def read_registers(folder: Path) -> tuple[Register, ...]:
    """The lists of a folder, by name.

    Args:
        folder: of files `NAME.tsv` with the columns `text` and `labels`; tabs separate the two,
            commas the labels, and quotation marks have no meaning.

    Raises:
        CompressionError: there are none, or a file is not such a table.
    """
    if not (paths := sorted(folder.glob("*.tsv"))):
        raise CompressionError(f"{folder}: no file NAME.tsv here")
    return tuple(map(_read, paths))


def fingerprint(registers: Iterable[Register]) -> str:
    """SHA-256 of all sentences and labels: figures of other sentences cannot be compared."""
    parts = (
        f"{register.name}\t{text}\t{','.join(sorted(labels))}\n"
        for register in registers
        for text, labels in zip(register.texts, register.acceptable, strict=True)
    )
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _read(path: Path) -> Register:
    lines = lines_of(read_text(path, raising=CompressionError))
    header, *rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if lines else [[]]
    if header != _COLUMNS:
        raise CompressionError(f"{path}:1: the columns are not {' and '.join(_COLUMNS)}")
    if not rows:
        raise CompressionError(f"{path}: no sentences")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(_COLUMNS) or not all(row):
            raise CompressionError(f"{path}:{number}: not a text, a tab and its labels")
    return Register(
        path.stem,
        tuple(text for text, _ in rows),
        tuple(frozenset(labels.split(",")) for _, labels in rows),
    )

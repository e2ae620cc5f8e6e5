"""Reads texts that stand alone: one a line, or one a file in folders.

The labels of a line are in a file beside it, or precede the text as fastText has it.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

from compression.data.readers.content import format_suffix, read_content
from compression.data.readers.record import OddRow, Place, Record
from compression.errors import DatasetError
from compression.text_files import lines_of

_PREFIX = "__label__"
TEXT, LABELS = "text", "labels"
"""The columns of these rows."""


def read_lines(path: Path, text: str) -> Iterator[Record | OddRow]:
    """Yield a row without labels for each line that is not blank."""
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            yield _row(Place(path, number), {TEXT: line.rstrip("\r\n")})


def is_fasttext(text: str) -> bool:
    """Whether the first line that is not blank begins with a label as fastText writes it."""
    return text.lstrip().startswith(_PREFIX)


def read_fasttext(path: Path, text: str) -> Iterator[Record | OddRow]:
    """Yield a row for each line that is not blank: labels with their prefix, then the text."""
    for number, line in enumerate(lines_of(text), start=1):
        words = line.split()
        labels = list(itertools.takewhile(lambda word: word.startswith(_PREFIX), words))
        if words:
            names = [label.removeprefix(_PREFIX) for label in labels]
            rest = "".join(line.split(maxsplit=len(labels))[len(labels) :]).rstrip("\r\n")
            yield _row(Place(path, number), {TEXT: rest, LABELS: names})


def labels_beside(path: Path) -> Path | None:
    """The file of labels of a file of texts: `train_labels.txt` of `train_text.txt`."""
    for found in ("texts", "text"):
        for other in ("labels", "label"):
            candidate = path.with_name(path.name.replace(found, other))
            if found in path.name and candidate.is_file():
                return candidate
    return None


def read_parallel(path: Path, text: str, encoding: str | None) -> Iterator[Record | OddRow]:
    """Yield a row for each line; its labels are the same line of the file beside it.

    Raises:
        DatasetError: there is no such file, or it has another number of lines.
    """
    labels_path = labels_beside(path)
    if labels_path is None:
        raise DatasetError(
            f"{path}: no file of labels; name the files such as train_text.txt and train_labels.txt"
        )
    texts = _stripped(text)
    labels = _stripped(read_content(labels_path, encoding).text)
    if len(texts) != len(labels):
        raise DatasetError(
            f"{path}: {len(texts)} lines, {len(labels)} in {labels_path.name}; line N of one file"
            " belongs to line N of the other"
        )
    for number, (line, names) in enumerate(zip(texts, labels, strict=True), start=1):
        yield _row(Place(path, number), {TEXT: line, LABELS: names})


def read_folders(path: Path, encoding: str | None) -> Iterator[Record | OddRow]:
    """Yield a row for each text file in the folders of a folder; their names are the labels.

    Files and folders whose names begin with a dot are passed over.

    Raises:
        DatasetError: there are no folders, or a file is unreadable.
    """
    folders = [folder for folder in _visible(path) if folder.is_dir()]
    if not folders:
        raise DatasetError(f"{path}: a folder without folders of texts, one for each label")
    for folder in folders:
        for file in _visible(folder):
            place = Place(file, 1)
            if file.is_dir() or format_suffix(file) != ".txt":
                yield OddRow(place, "expected a text file whose name ends in .txt")
            else:
                text = read_content(file, encoding).text.strip()
                yield _row(place, {TEXT: text, LABELS: [folder.name]})


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _stripped(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in lines_of(text)]


def _row(place: Place, fields: dict[str, object]) -> Record | OddRow:
    if "\0" in str(fields[TEXT]):
        return OddRow(place, "a NUL character, which no text contains; remove it")
    return Record(place, fields, names_place=place)

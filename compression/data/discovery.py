"""From the files that someone has to `[data]` of a recipe: which file is which split.

The first word of a file's name decides, such as `train` in `train-00000.parquet`. Files without
such a name are for training.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compression.data.readers import SUFFIXES
from compression.data.readers.content import format_suffix
from compression.data.readers.text_lines import labels_beside
from compression.errors import DatasetError

SPLIT_WORDS: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "dev": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
    "testing": "test",
}
LABEL_LISTS = frozenset(("labels", "classes", "mapping", "label_names", "class_names"))
"""Names of text files that list labels, without `.txt`."""


@dataclass(frozen=True)
class FoundData:
    """A folder, and the fields of `[data]` that name files in it."""

    folder: Path
    fields: Mapping[str, Any]


def find_data(paths: Sequence[Path]) -> FoundData:
    """The splits of files and folders.

    Args:
        paths: files; or one folder with files, with a folder for each split, or with a folder for
            each label.

    Raises:
        DatasetError: a path does not exist, or there are no data files.
    """
    for path in paths:
        if not path.exists():
            raise DatasetError(f"{path}: No such file")
    if len(paths) == 1 and paths[0].is_dir():
        return _in_folder(paths[0])
    folder = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    relative = Path(os.path.relpath(folder))
    shorter = relative if len(str(relative)) < len(str(folder)) else folder
    return FoundData(shorter, dict(_fields(folder, [path.absolute() for path in paths])))


def _in_folder(folder: Path) -> FoundData:
    visible = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    files = [path for path in visible if _is_data(path)]
    splits = [path for path in visible if path.is_dir() and _split(path)]
    chosen = files or splits
    if not chosen and any(path.is_dir() for path in visible):
        return FoundData(folder.parent, {"train": folder.name or "."})
    if not chosen:
        raise DatasetError(f"{folder}: no file whose name ends in {' or '.join(SUFFIXES)}")
    fields = dict(_fields(folder, chosen))
    if lists := [path.name for path in visible if _is_label_list(path)]:
        fields["labels_file"] = lists[0]
    return FoundData(folder, fields)


def _fields(folder: Path, paths: Sequence[Path]) -> Iterator[tuple[str, Any]]:
    by_split: dict[str, list[str]] = {}
    for path in paths:
        by_split.setdefault(_split(path) or "train", []).append(str(path.relative_to(folder)))
    if "train" not in by_split:
        raise DatasetError(
            f"{folder}: no training files; name them such as train.csv, or give them as well"
        )
    for split in ("train", "dev", "test"):
        names = by_split.get(split)
        if names:
            yield split, names[0] if len(names) == 1 else names


def _split(path: Path) -> str | None:
    """The split that a name begins with."""
    word = re.split(r"[^a-z]", path.name.lower(), maxsplit=1)[0]
    return SPLIT_WORDS.get(word)


def _is_data(path: Path) -> bool:
    return (
        path.is_file()
        and format_suffix(path) in SUFFIXES
        and not _is_label_list(path)
        and not _is_beside_texts(path)
    )


def _is_label_list(path: Path) -> bool:
    return path.is_file() and path.suffix == ".txt" and path.stem.lower() in LABEL_LISTS


def _is_beside_texts(path: Path) -> bool:
    """Whether the lines of a file are the labels of another file of the folder."""
    return any(labels_beside(other) == path for other in path.parent.iterdir() if other != path)

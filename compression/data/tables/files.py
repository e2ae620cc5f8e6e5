"""The files that the names in a recipe stand for."""

import glob
from collections.abc import Sequence
from pathlib import Path

from compression.errors import DatasetError


def files_of(folder: Path, names: Sequence[str], *, origin: str | None = None) -> list[Path]:
    """The files of names and patterns, each once; those of a pattern are sorted.

    Args:
        folder: that the names are relative to.
        names: such as `train.csv`, `train-*.parquet` or `reviews`, a folder.
        origin: where to get missing files.

    Raises:
        DatasetError: a file does not exist, or no file matches a pattern.
    """
    found: dict[Path, None] = {}
    for name in names:
        found |= dict.fromkeys(_matches(folder, name, origin))
    return list(found)


def _matches(folder: Path, name: str, origin: str | None) -> list[Path]:
    path = folder / name
    if path.exists():
        return [path]
    hint = f"; get it from {origin}" if origin else ""
    if glob.has_magic(name):
        found = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207  # absolute patterns
        if found:
            return found
        raise DatasetError(f"{path}: no file matches this pattern{hint}")
    raise DatasetError(f"{path}: no such file{hint}" if hint else f"{path}: No such file")

"""GoEmotions (Demszky et al., ACL 2020): the official split, with 7 or with all 28 labels.

A folder holds `train.tsv`, `dev.tsv` and `test.tsv`, without a header line. The columns are text,
comma-separated emotion numbers and comment id. The numbers index `EMOTIONS`.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import httpx
import numpy as np
from pydantic import Field
from tqdm import tqdm

from compression.data.dataset import Dataset, Split
from compression.data.readers.record import Place
from compression.errors import DatasetError
from compression.messages import shown
from compression.recipe_table import RecipeTable
from compression.text_files import lines_of, read_text
from edgemood.atomic import atomic_write

HOME = "https://raw.githubusercontent.com/google-research/google-research/master/goemotions/data"
SHA256 = {
    "train.tsv": "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
    "dev.tsv": "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
    "test.tsv": "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4",
}
EMOTIONS = tuple(
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment"
    " disapproval disgust embarrassment excitement fear gratitude grief joy love nervousness"
    " optimism pride realization relief remorse sadness surprise neutral".split()
)
EKMAN = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "joy": tuple(
        "admiration amusement approval caring desire excitement gratitude joy love optimism pride"
        " relief".split()
    ),
    "neutral": ("neutral",),
    "sadness": ("sadness", "disappointment", "embarrassment", "grief", "remorse"),
    "surprise": ("surprise", "realization", "confusion", "curiosity"),
}
"""Ekman's six emotions and neutral, each with its GoEmotions labels."""

TOLD_APART = {
    **EKMAN,
    "joy": tuple(name for name in EKMAN["joy"] if name != "caring"),
    "surprise": ("surprise", "realization"),
    "caring": ("caring",),
    "curiosity": ("curiosity", "confusion"),
}
"""Ekman's grouping, with questions told apart from surprise and concern from joy.

`caring` and `curiosity` put back into `joy` and `surprise` give the published grouping.
"""
GROUPINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ekman": EKMAN,
    "told-apart": TOLD_APART,
    "original": {name: (name,) for name in EMOTIONS},
}


class GoEmotions(RecipeTable):
    """`[data]` of a recipe that trains on GoEmotions."""

    format: Literal["goemotions"] = "goemotions"
    labels: Annotated[
        Literal["ekman", "told-apart", "original"],
        Field(
            description="ekman: six emotions and neutral; told-apart: also caring and curiosity;"
            " original: all 28 labels"
        ),
    ] = "ekman"

    def load(self, folder: Path) -> Dataset:
        """Read the three files.

        Raises:
            DatasetError: a file is missing or a line is malformed.
        """
        groups = GROUPINGS[self.labels]
        column = {
            EMOTIONS.index(emotion): i
            for i, emotions in enumerate(groups.values())
            for emotion in emotions
        }
        splits = {name: _read(folder / f"{name}.tsv", column) for name in ("train", "dev", "test")}
        return Dataset(labels=tuple(groups), splits=splits)


def _read(path: Path, column: dict[int, int]) -> Split:
    texts, rows = [], []
    for place, line in _lines(path):
        text, numbers = _parse(place, line)
        row = np.zeros(max(column.values()) + 1, dtype=np.bool_)
        row[[column[number] for number in numbers]] = True
        texts.append(text)
        rows.append(row)
    return Split(tuple(texts), np.array(rows, dtype=np.bool_))


def _lines(path: Path) -> Iterator[tuple[Place, str]]:
    if not path.exists():
        raise DatasetError(
            f"{path}: no such file; give the folder of the GoEmotions TSV files, or add --download"
        )
    for number, line in enumerate(lines_of(read_text(path, raising=DatasetError)), start=1):
        yield Place(path, number), line.rstrip("\r\n")


def _parse(place: Place, line: str) -> tuple[str, list[int]]:
    fields = line.split("\t")
    if len(fields) != 3:
        raise place.error(f"expected text, emotion numbers and id, found {len(fields)} fields")
    text, numbers, _ = fields
    if not text.strip():
        raise place.error("the text is empty")
    if not re.fullmatch("[0-9]{1,3}(,[0-9]{1,3})*", numbers):
        raise place.error(f"emotion numbers must be whole, found {shown(numbers)}")
    emotions = [int(number) for number in numbers.split(",")]
    if max(emotions) >= len(EMOTIONS):
        raise place.error(f"emotion numbers are 0 to {len(EMOTIONS) - 1}, found {shown(numbers)}")
    return text, emotions


def download(folder: Path, *, home: str = HOME) -> list[Path]:
    """Download the files that the folder lacks from the dataset's public repository.

    Args:
        folder: created if it is missing; existing files are not changed.
        home: URL of the folder that holds the files.

    Returns:
        The downloaded files.

    Raises:
        DatasetError: the download fails, or a file is not the official one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{folder}: {error.strerror}") from error
    missing = [folder / name for name in SHA256 if not (folder / name).exists()]
    for path in missing:
        _fetch(f"{home}/{path.name}", path)
    return missing


def _fetch(url: str, path: Path) -> None:
    digest = hashlib.sha256()
    try:
        with atomic_write(path) as part:
            with httpx.stream("GET", url, follow_redirects=True, timeout=60) as response:
                response.raise_for_status()
                length = int(response.headers.get("content-length", 0)) or None
                bar = tqdm(total=length, unit="B", unit_scale=True, desc=path.name, disable=None)
                for chunk in response.iter_bytes():
                    part.write(chunk)
                    digest.update(chunk)
                    bar.update(len(chunk))
            if digest.hexdigest() != SHA256[path.name]:
                raise DatasetError(
                    f"{url}: SHA-256 {digest.hexdigest()}, the official file has"
                    f" {SHA256[path.name]}"
                )
    except (httpx.HTTPError, OSError) as error:
        raise DatasetError(f"{url}: {error}") from error

"""Arguments that several commands share, and the objects they are parsed to."""

import argparse
import os
from pathlib import Path

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.data.goemotions import GoEmotions, download
from compression.errors import CompressionError
from compression.recipes.recipe import EVERY_TEACHER, DataSettings, Recipe

DATA_VARIABLE = "EMOTION_DATA"
"""The environment variable with the default of `--data`."""


def add_recipe(parser: argparse.ArgumentParser, *, description: str) -> None:
    """Add the positional argument RECIPE."""
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help=description)


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data` and `--download`."""
    default = os.environ.get(DATA_VARIABLE)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(default) if default else None,
        metavar="DIR",
        help=f"folder of the data files, default: ${DATA_VARIABLE}",
    )
    parser.add_argument(
        "--download", action="store_true", help="download missing GoEmotions files to --data first"
    )


def add_checkpoints(parser: argparse.ArgumentParser) -> None:
    """Add `--checkpoints`."""
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=Path("checkpoints"),
        metavar="DIR",
        help="folder of trained bases and unfinished trainings, default: %(default)s",
    )


def add_embeddings(parser: argparse.ArgumentParser) -> None:
    """Add `--embeddings`."""
    parser.add_argument(
        "--embeddings",
        type=Path,
        metavar="FILE",
        help='word vectors as text, such as glove.6B.300d.txt, for bases with start = "file"',
    )


def add_teachers(parser: argparse.ArgumentParser) -> None:
    """Add `--teacher` and `--teacher-outputs`."""
    parser.add_argument(
        "--teacher",
        type=_named_folder,
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="folder of a pre-trained transformer; replaces the hub name of the recipe's teacher"
        " NAME, or of all its teachers",
    )
    parser.add_argument(
        "--teacher-outputs",
        type=Path,
        default=Path("teacher_outputs"),
        metavar="DIR",
        help="folder of stored teacher outputs; a transformer runs only for texts without any,"
        " default: %(default)s",
    )


def read_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe of RECIPE, with the folders of `--teacher`.

    Raises:
        RecipeError: the recipe is not valid, or has no teacher of a given name.
    """
    return Recipe.read(options.recipe).with_teachers(dict(options.teacher))


def load_corpora(options: argparse.Namespace, recipe: Recipe) -> Corpora:
    """All data of a recipe in `--data`, after a download if `--download` is given.

    Raises:
        CompressionError: no folder is given, or there is nothing to download.
        DatasetError: the files are missing or malformed.
    """
    return recipe.load(_folder(options, recipe.data))


def load_data(options: argparse.Namespace, settings: DataSettings) -> Dataset:
    """The data of `--data`, after a download if `--download` is given.

    Raises:
        CompressionError: no folder is given, or there is nothing to download.
        DatasetError: the files are missing or malformed.
    """
    return settings.load(_folder(options, settings))


def _folder(options: argparse.Namespace, settings: DataSettings) -> Path:
    if options.data is None:
        raise CompressionError(f"no data; give --data DIR or set {DATA_VARIABLE}")
    if options.download:
        if not isinstance(settings, GoEmotions):
            raise CompressionError("--download is for GoEmotions; the recipe's data is a table")
        download(options.data)
    folder: Path = options.data
    return folder


def positive_number(text: str) -> int:
    """Parse a number of trials or processes."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def seed(text: str) -> int:
    """Parse a random seed."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number below 2**32")
    return int(text)


def _named_folder(text: str) -> tuple[str, str]:
    if Path(text).is_dir():
        return EVERY_TEACHER, text
    name, _, folder = text.partition("=")
    if not name or not Path(folder).is_dir() or not folder:
        raise argparse.ArgumentTypeError(f"{text!r} is not DIR or NAME=DIR of an existing folder")
    return name, folder

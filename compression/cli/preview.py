"""`preview`: shows what data files hold, before anything is trained on them."""

import argparse
import glob
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from compression.data.discovery import FoundData, find_data
from compression.data.preview.page import page
from compression.data.preview.recipe_lines import recipe_lines, texts_lines
from compression.data.preview.summary import summarize
from compression.data.tabular import Table
from compression.errors import DatasetError, RecipeError
from compression.recipes.parsing import validation_errors


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command's arguments."""
    parser = commands.add_parser("preview", help="show what data files hold")
    parser.add_argument(
        "data",
        nargs="+",
        metavar="DATA",
        help="files, patterns, or one folder: of files, or with a folder for each split or label",
    )
    parser.add_argument(
        "--set",
        action="append",
        type=_field,
        default=[],
        metavar="KEY=VALUE",
        help='a key of [data] in a recipe, such as header=false or \'labels=["a", "b"]\'',
    )
    parser.add_argument(
        "--show-texts", action="store_true", help="show texts, not only their lines"
    )
    return parser


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yield the sections of the preview, and `[data]` of a recipe.

    Raises:
        DatasetError: a file is missing or malformed, or has no usable row.
        RecipeError: a key of `--set` is unknown, or its value is wrong.
    """
    found = find_data(_paths(options.data))
    table = _table(found, dict(options.set))
    reading = table.read(found.folder)
    if not any(reading.examples.values()):
        raise DatasetError(str(next(iter(reading.odd_rows["train"]))))
    summary = summarize(reading)
    yield from page(summary, show_texts=options.show_texts)
    if reading.labels:
        yield from ("", f"a recipe that trains on it, with --data {found.folder}, begins with", "")
        yield from recipe_lines(table, reading)
    elif reading.contents["train"][0].layout.file_format == "lines":
        yield from (
            "",
            f"a recipe that lets a teacher judge it, with --data {found.folder}, has",
            "",
        )
        yield from texts_lines(table)
    if summary.is_single_label:
        yield from ("", 'and each [[variant]] may have decision = "single-label"')


def _paths(names: list[str]) -> list[Path]:
    """The files of names and patterns."""
    found: dict[Path, None] = {}
    for name in names:
        matches = [] if Path(name).exists() else sorted(glob.glob(name, recursive=True))  # noqa: PTH207  # absolute patterns
        found |= dict.fromkeys(map(Path, matches or [name]))
    return list(found)


def _table(found: FoundData, fields: dict[str, Any]) -> Table:
    table = {**found.fields, **fields}
    try:
        return Table.model_validate(table)
    except ValidationError as error:
        problems = "; ".join(validation_errors.describe(error, Table, table))
        raise RecipeError(f"--set {problems}") from error


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value

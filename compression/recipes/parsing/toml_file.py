"""Reads TOML files."""

import re
import tomllib
from pathlib import Path
from typing import Any

from compression.errors import RecipeError
from compression.text_files import read_text

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PLAIN = (
    ("Cannot declare", "this table is there already"),
    ("Cannot overwrite", "this key is there already"),
    ("Duplicate inline table key", "this key is there already"),
    ("Cannot mutate", "this table is complete already; add the key where it is written"),
    ("Cannot redefine", "this table is there already"),
    ("Escaped character is not", "this escape is not a character"),
    ("Invalid initial character", "a key is missing"),
    ("Invalid statement", "expected a key or a table header"),
    ("Invalid value", "expected a value; strings are in quotation marks"),
)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a file.

    Raises:
        RecipeError: the file is missing, not UTF-8 or not TOML; the message names the line.
    """
    text = read_text(path, raising=RecipeError)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}:{_problem(str(error), text)}") from error
    except (ValueError, RecursionError) as error:
        raise RecipeError(
            f"{path}: a number is too long, or values are nested too deeply"
        ) from error


def _problem(message: str, text: str) -> str:
    """`LINE: not TOML at column COLUMN: PROBLEM`."""
    found = _PLACE.search(message)
    problem = _PLACE.sub("", message)
    plain = next((words for start, words in _PLAIN if problem.startswith(start)), problem)
    if found is None or found[1] is None:
        return f"{text.count(chr(10)) + 1}: not TOML at the end of the file: {plain}"
    return f"{found[1]}: not TOML at column {found[2]}: {plain}"

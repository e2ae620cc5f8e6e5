"""Turns pydantic's errors into sentences about the fields of a recipe file."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from compression.messages import listed, shown, suggestion
from compression.recipe_table import RecipeTable
from compression.recipes.parsing.field_location import FieldLocation, locate
from edgemood.format.manifest import VARIANT_NAME

_TABLE = "must be a table"
_NUMBER = "must be a number"
_INTEGER = "must be a whole number"
_BOOLEAN = "must be true or false"
_ARRAY = "must be an array"
SENTENCES_WITH_VALUE: Mapping[str, str] = {
    "bool_parsing": _BOOLEAN,
    "bool_type": _BOOLEAN,
    "dict_type": _TABLE,
    "finite_number": "must be finite",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": _INTEGER,
    "int_parsing": _INTEGER,
    "int_parsing_size": _INTEGER,
    "int_type": _INTEGER,
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_attributes_type": _TABLE,
    "model_type": _TABLE,
    "string_too_long": "must have at most {max_length} characters",
    "string_type": "must be a string",
    "tuple_type": _ARRAY,
}
"""By pydantic's type of an error; the value follows."""
SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}
PATTERNS: Mapping[str, str] = {
    VARIANT_NAME: (
        "must have at most 63 lower-case letters, digits, '.', '_' and '-', and begin with a letter"
        " or digit"
    ),
    "^[0-9a-f]{64}$": "must be 64 hexadecimal digits",
}


def describe(error: ValidationError, model: type[RecipeTable], table: object) -> Iterator[str]:
    """`FIELD: PROBLEM` for each problem.

    Args:
        error: of validating `table`.
        model: of the whole file.
        table: the file as it was read.
    """
    for problem in error.errors():
        location = locate(model, table, problem["loc"])
        text = _sentence(problem, location)
        has_path = not location.path or text.startswith(f"{location.path} ")
        yield text if has_path else f"{location.path}: {text}"


def first_message(error: ValidationError) -> str:
    """The first problem, without its field."""
    return _sentence(error.errors()[0], FieldLocation("", (), ()))


def _sentence(problem: ErrorDetails, location: FieldLocation) -> str:
    kind, context, value = problem["type"], problem.get("ctx", {}), problem["input"]
    if kind == "extra_forbidden":
        return _unknown_key(location)
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _tag(context["discriminator"].strip("'"), value, location)
    if kind in SENTENCES:
        return SENTENCES[kind].format(**context)
    if kind in SENTENCES_WITH_VALUE:
        return SENTENCES_WITH_VALUE[kind].format(**context) + _found(kind, value)
    if kind == "string_pattern_mismatch":
        return f"{PATTERNS[context['pattern']]}, found {_shown(value)}"
    return problem["msg"].removeprefix("Value error, ")


def _unknown_key(location: FieldLocation) -> str:
    key = location.path.rpartition(".")[2]
    hint = suggestion(key, location.siblings)
    return f"unknown key{hint}" if hint else f"unknown key; known: {listed(location.siblings)}"


def _tag(key: str, table: Mapping[str, object], location: FieldLocation) -> str:
    choices = " or ".join(map(repr, location.tags))
    if key not in table:
        return f"needs the key `{key}`: {choices}"
    value = table[key]
    hint = suggestion(value, location.tags) if isinstance(value, str) else ""
    return f"`{key}` must be {choices}, found {_shown(value)}{hint}"


def _found(kind: str, value: object) -> str:
    """The value; for tables and arrays in place of each other, how to write what is meant."""
    sentence = SENTENCES_WITH_VALUE[kind]
    if sentence == _ARRAY and isinstance(value, dict):
        return "; write a header in two pairs of brackets, [[NAME]]"
    if sentence == _TABLE and isinstance(value, list):
        return "; write a header in one pair of brackets, [NAME]"
    return f", found {_shown(value)}"


def _shown(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return shown(value)

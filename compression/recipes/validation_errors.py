"""Turns pydantic's errors into messages about the fields of a recipe file."""

from collections.abc import Iterator

from pydantic import ValidationError

_UNION_FIELDS = ("data", "model", "embedding")
_UNION_TAGS = ("goemotions", "table", "bag", "gru", "file", "base", "teacher")


def describe(error: ValidationError) -> Iterator[str]:
    """`FIELD: PROBLEM` for each problem."""
    for problem in error.errors():
        yield f"{_field_path(problem['loc'])}: {_message(problem['msg'])}"


def first_message(error: ValidationError) -> str:
    """The first problem, without its field."""
    return _message(error.errors()[0]["msg"])


def _message(text: str) -> str:
    return text.removeprefix("Value error, ")


def _field_path(location: tuple[int | str, ...]) -> str:
    """`base.ffnn.model.dim`: the steps of the file, without the tags that unions add."""
    steps = [
        str(step)
        for before, step in zip(("", *location), location, strict=False)
        if before not in _UNION_FIELDS or step not in _UNION_TAGS
    ]
    return ".".join(steps)

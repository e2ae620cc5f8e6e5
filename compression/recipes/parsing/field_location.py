"""Finds the field of a recipe file that a pydantic error is about."""

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from compression.recipe_table import RecipeTable
from compression.settings import BaseSettings

_KEY_STEP = "[key]"
"""pydantic's last step of an error about a key itself."""
_INHERITANCE_KEYS = ("like", "without")
"""Keys of `[base.NAME]` that are gone when the table is validated."""


@dataclass(frozen=True)
class FieldLocation:
    """A field as the file names it."""

    path: str
    """`base.ffnn.model.dim`; empty for the whole recipe."""
    siblings: tuple[str, ...]
    """The keys that the table of the field may have."""
    tags: tuple[str, ...]
    """If tables of several kinds may stand here: the values that tell them apart."""


def locate(model: type[RecipeTable], table: object, steps: Sequence[int | str]) -> FieldLocation:
    """Find a field.

    Args:
        model: of the whole file.
        table: the file as it was read.
        steps: the location in pydantic's error.
    """
    kind: Any = model
    path: list[str] = []
    siblings: tuple[str, ...] = ()
    for step in steps:
        if members := _members(kind):
            kind = members.get(str(step), Any)  # this step is a tag, which the path lacks
        elif step != _KEY_STEP:
            siblings = _keys(kind, table)
            path.append(_name(table, step))
            kind, table = _child(kind, table, step), _value(table, step)
    return FieldLocation(".".join(path), siblings, tuple(_members(kind)))


def _members(kind: Any) -> dict[str, Any]:
    """The models of a tagged union, by tag."""
    alternatives = _alternatives(kind)
    return {_tag(model): model for model in alternatives} if len(alternatives) > 1 else {}


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """The types of a union, except for None; other types as they are."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(
            alternative
            for member in get_args(kind)
            if member is not type(None)
            for alternative in _alternatives(member)
        )
    return (kind,)


def _tag(model: type[RecipeTable]) -> str:
    tags = (
        f.annotation for f in model.model_fields.values() if get_origin(f.annotation) is Literal
    )
    return next(str(value) for tag in tags if len(values := get_args(tag)) == 1 for value in values)


def _keys(kind: Any, table: object) -> tuple[str, ...]:
    (kind,) = _alternatives(kind)
    if not _is_model(kind):
        return ()
    further = _INHERITANCE_KEYS if kind is BaseSettings else ()
    return (*_fields(kind, table), *further)


def _fields(model: type[RecipeTable], table: object) -> dict[str, Any]:
    return {name: field.annotation for name, field in model.fields_of(table).items()}


def _child(kind: Any, table: object, step: int | str) -> Any:
    (kind,) = _alternatives(kind)
    if _is_model(kind):
        return _fields(kind, table).get(str(step), Any)
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if arguments else Any


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, RecipeTable)


def _name(table: object, step: int | str) -> str:
    """A key; for an item of an array, its name or its number from 1."""
    if isinstance(step, str):
        return step if step.isprintable() else repr(step)
    item = _value(table, step)
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else f"item {step + 1}"


def _value(table: object, step: int | str) -> object:
    if isinstance(table, dict):
        return table.get(step)
    if isinstance(table, list) and isinstance(step, int) and step < len(table):
        return table[step]
    return None

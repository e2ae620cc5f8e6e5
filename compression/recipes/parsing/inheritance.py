"""Resolves `like` and `without`: bases that take over the fields of another one."""

from collections.abc import Mapping
from typing import Any


def resolve_bases(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The `[base.NAME]` tables in full.

    Args:
        tables: by name. With `like = "OTHER"` a table takes over the fields of another one, except
            for those in `without`, and may override them, table by table.

    Raises:
        ValueError: a table is like itself or like a table that does not exist, or is without a
            field that does not exist.
    """
    return {name: _resolve(name, tables, ()) for name in tables}


def _resolve(name: str, tables: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    own = tables[name]
    if not isinstance(own, dict) or not {"like", "without"} & set(own):
        return own
    other, without = _like(name, own, tables), _without(name, own)
    if other in (name, *path):
        raise ValueError(f"base {name}: like {other}, which is like {name}")
    inherited = _resolve(other, tables, (name, *path))
    if not isinstance(inherited, dict):
        return inherited  # its own error says that it is no table
    for field in without:
        if field not in list(inherited):
            known = ", ".join(inherited)
            raise ValueError(f"base {name}: without {field!r}; {other} has: {known}")
    kept = {key: value for key, value in inherited.items() if key not in without}
    return _merge(kept, {k: v for k, v in own.items() if k not in ("like", "without")})


def _like(name: str, own: Mapping[str, Any], tables: Mapping[str, Any]) -> str:
    if "like" not in own:
        raise ValueError(f"base {name}: `without` needs `like`")
    other = own["like"]
    if not isinstance(other, str) or other not in tables:
        raise ValueError(f"base {name}: like {other!r}; known: {', '.join(tables)}")
    return other


def _without(name: str, own: Mapping[str, Any]) -> list[Any]:
    fields = own.get("without", [])
    if not isinstance(fields, list):
        # pydantic reports a ValueError as a problem of the field, a TypeError not.
        raise ValueError(f"base {name}: `without` must be an array of keys")  # noqa: TRY004
    return fields


def _merge(inherited: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of both; of a field in both, its own value, or the merged tables."""
    tables = {
        key: _merge(inherited[key], value)
        for key, value in own.items()
        if isinstance(value, dict) and isinstance(inherited.get(key), dict)
    }
    return {**inherited, **own, **tables}

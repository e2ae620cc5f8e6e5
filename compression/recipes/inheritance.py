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
    if not isinstance(own, dict) or "like" not in own:
        return own
    other = own["like"]
    if other not in tables:
        raise ValueError(f"base {name}: like {other!r}; known: {', '.join(tables)}")
    if other in (name, *path):
        raise ValueError(f"base {name}: like {other}, which is like {name}")
    inherited = dict(_resolve(other, tables, (name, *path)))
    for field in own.get("without", []):
        if field not in inherited:
            known = ", ".join(inherited)
            raise ValueError(f"base {name}: without {field!r}; {other} has: {known}")
        del inherited[field]
    return _merge(inherited, {k: v for k, v in own.items() if k not in ("like", "without")})


def _merge(inherited: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of both; of a field in both, its own value, or the merged tables."""
    tables = {
        key: _merge(inherited[key], value)
        for key, value in own.items()
        if isinstance(value, dict) and isinstance(inherited.get(key), dict)
    }
    return {**inherited, **own, **tables}

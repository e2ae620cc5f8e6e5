"""Service-level objectives from a TOML file, and the ones that a run missed."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT = "default"
"""The table whose bounds hold for every variant without its own."""
FIELDS = ("p95_ms", "p99_ms", "error_ratio")

Objectives = Mapping[str, Mapping[str, float]]
"""Variant, or `default` -> field -> upper bound."""


class ObjectivesError(Exception):
    """The file cannot be used; the message names the field."""


@dataclass(frozen=True)
class ClientStats:
    """What the clients measured of one variant. Latencies are in milliseconds."""

    requests: int
    failures: int
    p95_ms: float
    p99_ms: float

    @property
    def error_ratio(self) -> float:
        return self.failures / self.requests if self.requests else 0.0


def read_objectives(path: Path) -> Objectives:
    """Read and check a file of objectives.

    Raises:
        ObjectivesError: the file is missing, is not TOML, or has a wrong field.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ObjectivesError(f"{path}: {error}") from error
    for variant, bounds in tables.items():
        if not isinstance(bounds, dict):
            raise ObjectivesError(f"{path}: {variant} must be a table")
        for field, bound in bounds.items():
            _check_bound(f"{path}: {variant}.{field}", field, bound)
    return tables


def violations(objectives: Objectives, measured: Mapping[str, ClientStats]) -> Iterator[str]:
    """One line for each missed objective, and one if no request was answered."""
    if not any(stats.requests for stats in measured.values()):
        yield "no request was answered"
    for variant, stats in sorted(measured.items()):
        bounds = {**objectives.get(DEFAULT, {}), **objectives.get(variant, {})}
        for field, bound in bounds.items():
            value = getattr(stats, field)
            if value > bound:
                yield f"{variant}: {field} is {value:.4g}, the objective is {bound:g}"


def _check_bound(place: str, field: str, bound: Any) -> None:
    if field not in FIELDS:
        raise ObjectivesError(f"{place}: unknown; the fields are {', '.join(FIELDS)}")
    if isinstance(bound, bool) or not isinstance(bound, int | float) or bound < 0:
        raise ObjectivesError(f"{place}: must be a number from 0")

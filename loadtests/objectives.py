"""Service-level objectives from a TOML file, and which of them a run has missed."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT = "default"
FIELDS = ("p95_ms", "p99_ms", "error_ratio")


class ObjectivesError(Exception):
    """The file cannot be used; the message names the field."""


@dataclass(frozen=True)
class Seen:
    """What the clients saw of one variant."""

    requests: int
    failures: int
    p95_ms: float
    p99_ms: float

    @property
    def error_ratio(self) -> float:
        return self.failures / self.requests if self.requests else 0.0


def read(path: Path) -> dict[str, dict[str, float]]:
    """Variant -> objective -> bound; `default` is for those that have no table of their own.

    Raises:
        ObjectivesError: the file is missing, not TOML, or a field is wrong.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ObjectivesError(f"{path}: {error}") from error
    for variant, bounds in tables.items():
        if not isinstance(bounds, dict):
            raise ObjectivesError(f"{path}: {variant} must be a table")
        for field, bound in bounds.items():
            if field not in FIELDS:
                known = ", ".join(FIELDS)
                raise ObjectivesError(f"{path}: {variant}.{field}: there are: {known}")
            if isinstance(bound, bool) or not isinstance(bound, int | float) or bound < 0:
                raise ObjectivesError(f"{path}: {variant}.{field}: must be a number from 0")
    return tables


def missed(
    objectives: Mapping[str, Mapping[str, float]], seen: Mapping[str, Seen]
) -> Iterator[str]:
    """One line for each objective that was missed."""
    if not any(found.requests for found in seen.values()):
        yield "no request was answered"
    for variant, found in sorted(seen.items()):
        bounds = {**objectives.get(DEFAULT, {}), **objectives.get(variant, {})}
        for field, bound in bounds.items():
            value = getattr(found, field)
            if value > bound:
                yield f"{variant}: {field} is {value:.4g}, the objective is {bound:g}"

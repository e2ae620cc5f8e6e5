"""The limits of one worker: how much of everything callers may use before they are refused.

Each field is a setting, and its alias is the environment variable. Sizes are bytes, durations
seconds.
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

KIB = 1024
MIB = 1024 * KIB


class Limits(BaseModel):
    """All limits of one worker."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, allow_inf_nan=False)

    max_concurrency: Annotated[int, Field(alias="EMOTION_MAX_CONCURRENCY", ge=1)] = 64
    """Small requests held at once."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read and check the variables; an empty variable counts as unset.

        Raises:
            ValidationError: a limit is invalid.
        """
        aliases = [field.alias for field in cls.model_fields.values() if field.alias]
        return cls.model_validate(
            {name: environment[name] for name in aliases if environment.get(name)}
        )

    def describe(self) -> str:
        """All limits in one line, for the start banner."""
        values = (
            f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in self
        )
        return f"limits of a worker: {' '.join(values)}"


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"

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

    max_connections: Annotated[int, Field(alias="EMOTION_MAX_CONNECTIONS", ge=8, le=100_000)] = 1000
    """Open connections. A new one beyond closes the one that has waited longest without a request;
    it is refused with 503 if every connection has a request in work."""
    max_header_bytes: Annotated[int, Field(alias="EMOTION_MAX_HEADER_BYTES", ge=KIB, le=MIB)] = (
        16 * KIB
    )
    """Request line and headers of a request."""
    max_header_fields: Annotated[int, Field(alias="EMOTION_MAX_HEADER_FIELDS", ge=8, le=1000)] = 100
    """Headers of a request."""
    header_timeout_s: Annotated[float, Field(alias="EMOTION_HEADER_TIMEOUT", gt=0, le=600)] = 10.0
    """From connecting, or from a later request's first byte, to the end of the headers."""
    keep_alive_s: Annotated[float, Field(alias="EMOTION_KEEP_ALIVE", gt=0, le=3600)] = 75.0
    """How long a connection may wait for its next request."""
    max_pipelined_requests: Annotated[
        int, Field(alias="EMOTION_MAX_PIPELINED_REQUESTS", ge=1, le=256)
    ] = 16
    """Requests of a connection that wait for the response to an earlier one."""
    unread_timeout_s: Annotated[float, Field(alias="EMOTION_UNREAD_TIMEOUT", gt=0, le=600)] = 20.0
    """How long a client may stop reading a response."""
    max_unread_bytes: Annotated[int, Field(alias="EMOTION_MAX_UNREAD_BYTES", ge=MIB)] = 16 * MIB
    """Responses that clients have not read, summed over all connections."""
    max_variant_bytes: Annotated[int, Field(alias="EMOTION_MAX_VARIANT_BYTES", ge=KIB)] = 128 * MIB
    """A larger variant file is not read."""
    max_variant_memory_bytes: Annotated[int, Field(alias="EMOTION_MAX_VARIANT_MEMORY", ge=MIB)] = (
        256 * MIB
    )
    """Memory that a variant and one text of 10,000 tokens may take in addition to its file."""
    drain_s: Annotated[float, Field(alias="EMOTION_DRAIN", ge=0, le=11)] = 10.0
    """How long requests in work may go on after SIGTERM. At most 4 s later, the process ends."""

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

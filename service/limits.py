"""The limits of one worker: how much of everything callers may use before they are refused.

Each field is a setting, and its alias is the environment variable. Sizes are bytes, durations
seconds.
"""

import resource
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.schemas import MAX_BODY_BYTES

KIB = 1024
MIB = 1024 * KIB
SMALL_BODY_BYTES = 2 * KIB
"""Bodies up to this size are small: they have a reserve of memory and a cap of their own."""
MEDIUM_BODY_BYTES = 64 * KIB
"""Larger ones have three quarters of the memory for bodies that are not small."""


OTHER_FILES = 256
"""Open files of a worker besides its connections."""


class Limits(BaseModel):
    """All limits of one worker."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, allow_inf_nan=False)

    max_concurrency: Annotated[int, Field(alias="EMOTION_MAX_CONCURRENCY", ge=1)] = 64
    """Small requests held at once."""
    large_slots: Annotated[int, Field(alias="EMOTION_LARGE_SLOTS", ge=1, le=64)] = 2
    """Large requests worked on at once."""
    max_queued_large: Annotated[int, Field(alias="EMOTION_MAX_QUEUED_LARGE", ge=0)] = 32
    """Large requests that may wait for a slot."""
    max_tokens_in_work: Annotated[
        int, Field(alias="EMOTION_MAX_TOKENS_IN_WORK", ge=MAX_BODY_BYTES)
    ] = 8 * MIB
    """Tokens of the large requests that run or wait; each byte of a body counts as one."""
    max_request_tokens: Annotated[
        int, Field(alias="EMOTION_MAX_REQUEST_TOKENS", ge=SMALL_BODY_BYTES)
    ] = MAX_BODY_BYTES
    """Tokens of one request."""
    request_deadline_s: Annotated[float, Field(alias="EMOTION_REQUEST_DEADLINE", gt=0)] = 30.0
    """A large request that takes longer, waiting included, is given up."""
    max_queued_calls: Annotated[int, Field(alias="EMOTION_MAX_QUEUED_CALLS", ge=1)] = 64
    """Other calls that may wait: reads of variants, policy and pages; admin calls; scrapes."""
    max_body_bytes_in_flight: Annotated[
        int, Field(alias="EMOTION_MAX_BODY_BYTES_IN_FLIGHT", ge=MAX_BODY_BYTES)
    ] = 16 * MIB
    """Sum of all large bodies that are being read or worked on."""
    small_body_reserve: Annotated[
        int, Field(alias="EMOTION_SMALL_BODY_RESERVE", ge=SMALL_BODY_BYTES)
    ] = 4 * MIB
    """Sum of all small bodies."""
    body_stall_s: Annotated[float, Field(alias="EMOTION_BODY_STALL", gt=0)] = 5.0
    """A body that sends nothing for this long is given up."""
    body_grace_s: Annotated[float, Field(alias="EMOTION_BODY_GRACE", gt=0)] = 10.0
    """A body may be slower than `min_body_rate` for this long."""
    min_body_rate: Annotated[float, Field(alias="EMOTION_MIN_BODY_RATE", gt=0)] = 64.0 * KIB
    """Bytes per second."""
    max_delayed_refusals: Annotated[int, Field(alias="EMOTION_MAX_DELAYED_REFUSALS", ge=0)] = 1024
    """Refusals that are delayed at once; more are sent without delay."""
    max_delayed_tokens: Annotated[int, Field(alias="EMOTION_MAX_DELAYED_TOKENS", ge=1)] = 8
    """Wrong admin tokens that wait for their answer at once; more get 429."""
    wrong_token_delay_s: Annotated[float, Field(alias="EMOTION_WRONG_TOKEN_DELAY", ge=0)] = 1.0
    """How long each of them waits."""

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
    ] = 4
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

        If the process may not open as many files as the default of `max_connections` needs, the
        default is lower.

        Raises:
            ValidationError: a limit is invalid, or does not fit the others.
        """
        aliases = [field.alias for field in cls.model_fields.values() if field.alias]
        found = {name: environment[name] for name in aliases if environment.get(name)}
        connections = cls.model_fields["max_connections"]
        found.setdefault(str(connections.alias), min(connections.default, _possible_connections()))
        return cls.model_validate(found)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        """Refuse limits of which one defeats another.

        Bodies that clients never complete could otherwise leave slots empty, or refuse small
        requests.
        """
        if self.large_body_bytes < self.large_slots * MAX_BODY_BYTES:
            needed = -(-4 * self.large_slots * MAX_BODY_BYTES // 3)
            raise ValueError(
                f"EMOTION_MAX_BODY_BYTES_IN_FLIGHT: must be at least {needed}, so that three"
                f" quarters hold a body of {MAX_BODY_BYTES} bytes for each of EMOTION_LARGE_SLOTS"
            )
        if self.small_body_reserve < (needed := self.max_connections * SMALL_BODY_BYTES):
            raise ValueError(
                f"EMOTION_SMALL_BODY_RESERVE: must be at least {needed}, a body of"
                f" {SMALL_BODY_BYTES} bytes for each of EMOTION_MAX_CONNECTIONS"
            )
        return self

    @property
    def large_body_bytes(self) -> int:
        """Of `max_body_bytes_in_flight`, for bodies above `MEDIUM_BODY_BYTES`."""
        return self.max_body_bytes_in_flight * 3 // 4

    @property
    def medium_body_bytes(self) -> int:
        """The rest, for smaller ones."""
        return self.max_body_bytes_in_flight - self.large_body_bytes

    def describe(self) -> str:
        """All limits in one line, for the start banner."""
        values = (
            f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in self
        )
        return f"limits of a worker: {' '.join(values)}"


def _possible_connections() -> float:
    """Connections that this process can hold with the files that it may open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if hard == resource.RLIM_INFINITY else hard - OTHER_FILES

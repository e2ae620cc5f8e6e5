"""Counts what a request's head or trailer takes, against the limits."""

from service.limits import Limits
from service.server.errors import HeadTooLargeError

_OVERHEAD = 16
"""Bytes of chunked framing that a byte of body may cost; chunks of one byte cost 5."""


class HeadMeter:
    """The size of one request's head, then that of its trailer."""

    def __init__(self, limits: Limits) -> None:
        """Begin at zero."""
        self._limits = limits
        self._bytes = self._fields = self._unfinished = 0

    def restart(self) -> None:
        """A head begins, or it has ended and there is only a trailer to come."""
        self._bytes = self._fields = self._unfinished = 0

    def add_body(self, size: int) -> None:
        """Count bytes of the body, which allow for some bytes of framing."""
        self._unfinished -= (_OVERHEAD + 1) * size

    def add_target(self, size: int) -> None:
        """Count a part of the request's target.

        Raises:
            HeadTooLargeError: the head or trailer is over a limit.
        """
        self._bytes += size
        self._check(self._bytes <= self._limits.max_header_bytes)

    def add_field(self, name: bytes, value: bytes) -> None:
        """Count a field with its colon, space and line end.

        Raises:
            HeadTooLargeError: the head or trailer is over a limit.
        """
        self._bytes += len(name) + len(value) + 4
        self._fields += 1
        self._check(
            self._bytes <= self._limits.max_header_bytes
            and self._fields <= self._limits.max_header_fields
        )

    def add_unfinished(self, size: int) -> None:
        """Count bytes that the parser may keep, as their field or chunk is not complete.

        Raises:
            HeadTooLargeError: the head or trailer is over a limit.
        """
        self._unfinished += size
        self._check(self._unfinished <= self._limits.max_header_bytes)

    def _check(self, is_within: bool) -> None:
        if not is_within:
            raise HeadTooLargeError(self._limits.max_header_bytes, self._limits.max_header_fields)

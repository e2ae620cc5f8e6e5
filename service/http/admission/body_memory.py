"""The memory of request bodies: reserved before a body is read, freed when its request ends.

Small bodies have a reserve of their own. However many large bodies clients begin and never
complete, small requests are read.
"""

from types import TracebackType
from typing import Self

from service.http.admission.refusals import overloaded
from service.limits import SMALL_BODY_BYTES, Limits


class _Pool:
    """A number of bytes that requests share."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0


class BodyMemory:
    """The memory for the bodies of one worker."""

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing reserved."""
        self._large = _Pool(limits.max_body_bytes_in_flight)
        self._small = _Pool(limits.small_body_reserve)

    @property
    def held(self) -> int:
        """Bytes that are reserved."""
        return self._large.held + self._small.held

    def reservation(self) -> "Reservation":
        """A reservation of no bytes yet."""
        return Reservation(self._small, self._large)


class Reservation:
    """The memory of one body. A context manager that frees it."""

    def __init__(self, small: _Pool, large: _Pool) -> None:
        self._small, self._large = small, large
        self._pool, self._size = small, 0

    def grow_to(self, size: int) -> None:
        """Grow the reservation to a size in bytes; a smaller size changes nothing.

        Raises:
            OverloadedError: they are not available now. What was reserved remains reserved.
        """
        if size <= self._size:
            return
        pool = self._small if size <= SMALL_BODY_BYTES else self._large
        more = size - self._size if pool is self._pool else size
        if pool.held + more > pool.limit:
            raise overloaded("body_bytes")
        if pool is not self._pool:
            self._pool.held -= self._size
        pool.held += more
        self._pool, self._size = pool, size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.held -= self._size
        self._size = 0

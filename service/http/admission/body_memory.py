"""The memory of request bodies: counted as they arrive, freed when their request ends.

Bodies of three sizes have pools of their own, so that bodies of one size, complete or not, refuse
no body of a smaller size. Where a pool is full, the body that has arrived most slowly is given up
for one that arrives now: whoever wants to refuse others must send as much as they do.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from service.http.admission.refusals import overloaded
from service.limits import MEDIUM_BODY_BYTES, SMALL_BODY_BYTES, Limits

GRACE_S = 0.25
"""A body that began later than this is not given up: its rate is not known yet."""


class _Pool:
    """A number of bytes that bodies share."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0
        self.arriving: set[Reservation] = set()


class BodyMemory:
    """The memory for the bodies of one worker."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing reserved.

        Args:
            limits: of the worker.
            clock: returns seconds.
        """
        self._clock = clock
        self._small = _Pool(limits.small_body_reserve)
        self._medium = _Pool(limits.medium_body_bytes)
        self._large = _Pool(limits.large_body_bytes)

    @property
    def held(self) -> int:
        """Bytes that are reserved."""
        return self._small.held + self._medium.held + self._large.held

    def reservation(self, declared: int | None = None) -> "Reservation":
        """A reservation of no bytes yet.

        Args:
            declared: the size that the body will have, if that is known.
        """
        return Reservation(self, declared or 0)

    def now(self) -> float:
        """Seconds on the clock."""
        return self._clock()

    def pool_for(self, size: int) -> _Pool:
        """The pool of bodies of a size in bytes."""
        if size <= SMALL_BODY_BYTES:
            return self._small
        return self._medium if size <= MEDIUM_BODY_BYTES else self._large


class Reservation:
    """The memory of one body. A context manager that frees it."""

    def __init__(self, memory: BodyMemory, declared: int) -> None:
        self._memory, self._declared = memory, declared
        self._pool, self._size = memory.pool_for(declared), 0
        self._began = 0.0
        self._on_give_up: Callable[[], None] | None = None
        self.is_given_up = False
        """Whether the body had to make room for others; it must not grow any more."""

    def arrives(self, on_give_up: Callable[[], None]) -> None:
        """Say that more of the body is to come, until `is_complete` is called.

        Args:
            on_give_up: called if the body has to make room for others.
        """
        self._began, self._on_give_up = self._memory.now(), on_give_up
        self._pool.arriving.add(self)

    def is_complete(self) -> None:
        """Say that nothing more is to come; the body is no longer given up for others."""
        self._on_give_up = None
        self._pool.arriving.discard(self)

    def grow_to(self, size: int) -> None:
        """Grow the reservation to a size in bytes; a smaller size changes nothing.

        Raises:
            OverloadedError: they are not available now. What was reserved remains reserved.
        """
        if size <= self._size:
            return
        pool = self._memory.pool_for(max(size, self._declared))
        more = size - self._size if pool is self._pool else size
        while pool.held + more > pool.limit:
            self._slowest(pool)._give_up()
        pool.held += more
        if pool is not self._pool:
            self._change_to(pool)
        self._size = size

    def _slowest(self, pool: _Pool) -> "Reservation":
        """The other body of a pool that has arrived most slowly.

        Raises:
            OverloadedError: there is none whose rate is known.
        """
        now = self._memory.now()
        others = [r for r in pool.arriving if r is not self and now - r._began >= GRACE_S]
        if not others:
            raise overloaded("body_bytes")
        return min(others, key=lambda r: r._size / (now - r._began))

    def _change_to(self, pool: _Pool) -> None:
        self._pool.held -= self._size
        if self in self._pool.arriving:
            self._pool.arriving.remove(self)
            pool.arriving.add(self)
        self._pool = pool

    def _give_up(self) -> None:
        on_give_up = self._on_give_up
        self.is_given_up = True
        self._free()
        if on_give_up is not None:
            on_give_up()

    def _free(self) -> None:
        self.is_complete()
        self._pool.held -= self._size
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._free()

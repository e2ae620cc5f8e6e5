"""The open connections of a worker: a bound on their number, and deadlines for each.

Timers of its own for each connection would cost every request two. One sweep, several times a
second, compares the deadlines of all connections instead.
"""

from typing import Protocol

from service.observability import metrics

SWEEP_INTERVAL_S = 0.25


class Connection(Protocol):
    """What the registry needs of a connection."""

    def check_deadlines(self, now: float) -> None:
        """Act on the deadlines that are over.

        Args:
            now: the event loop's time in seconds.
        """

    def unread_bytes(self) -> int:
        """Bytes of responses that the client has not taken."""

    def abort(self) -> None:
        """Close at once, and drop what the client has not read."""


class Connections:
    """Connections in the order in which they may be closed to make room.

    A connection without any request goes first, then one that waits for its next request; one
    with a request in work stays.
    """

    def __init__(self, *, limit: int, max_unread_bytes: int) -> None:
        """Begin without a connection.

        Args:
            limit: open connections.
            max_unread_bytes: sum of the responses that clients have not read.
        """
        self._limit, self._max_unread_bytes = limit, max_unread_bytes
        self._all: set[Connection] = set()
        # Dictionaries keep their order: the first has waited longest.
        self._without_request: dict[Connection, None] = {}
        self._idle: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: Connection) -> bool:
        """Take a new connection, and evict another if there are too many.

        Returns:
            False if the new connection must be refused, since all others are in use.
        """
        if len(self._all) >= self._limit and not self._evict_one():
            return False
        self._all.add(connection)
        self._without_request[connection] = None
        return True

    def replace(self, connection: Connection, by: Connection) -> None:
        """Let another object represent a connection from now on."""
        self._all.discard(connection)
        self._all.add(by)
        if connection in self._without_request:
            del self._without_request[connection]
            self._without_request[by] = None

    def close_silent(self) -> None:
        """Close the connections without a complete request."""
        for connection in tuple(self._without_request):
            connection.abort()

    def mark_in_use(self, connection: Connection) -> None:
        """A request has begun: the connection is no longer closed to make room."""
        self._without_request.pop(connection, None)
        self._idle.pop(connection, None)

    def mark_idle(self, connection: Connection) -> None:
        """All requests are answered."""
        if connection in self._all:
            self._idle[connection] = None

    def remove(self, connection: Connection) -> None:
        """The connection is closed."""
        self._all.discard(connection)
        self.mark_in_use(connection)

    def sweep(self, now: float) -> None:
        """Act on deadlines, and close the clients that leave the most unread.

        Args:
            now: the event loop's time in seconds.
        """
        for connection in tuple(self._all):
            connection.check_deadlines(now)
        unread = {c: size for c in self._all if (size := c.unread_bytes())}
        excess = sum(unread.values()) - self._max_unread_bytes
        for connection in sorted(unread, key=lambda c: unread[c], reverse=True):
            if excess <= 0:
                return
            excess -= unread[connection]
            metrics.SHED.labels("unread_response").inc()
            connection.abort()

    def _evict_one(self) -> bool:
        for waiting in (self._without_request, self._idle):
            if waiting:
                connection = next(iter(waiting))
                self.remove(connection)
                metrics.SHED.labels("connections_full").inc()
                connection.abort()
                return True
        return False

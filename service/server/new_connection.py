"""A connection on which nothing has been received yet.

It costs a fraction of the time and memory of a full protocol, so thousands of silent connections
delay no request. At the first byte, a full protocol takes over.
"""

from asyncio import AbstractEventLoop, BaseTransport, Protocol, Transport
from collections.abc import Callable
from typing import cast

from service.limits import Limits
from service.observability import metrics
from service.server.connections import Connections
from service.server.errors import TooManyConnectionsError
from service.server.protocol import BoundedHttpProtocol
from service.server.refusals import refusal


class NewConnection(Protocol):
    """A silent connection."""

    __slots__ = ("_deadline", "_limits", "_loop", "_make_protocol", "_registry", "_transport")

    def __init__(
        self,
        loop: AbstractEventLoop,
        limits: Limits,
        registry: Connections,
        make_protocol: Callable[[], BoundedHttpProtocol],
    ) -> None:
        """Prepare.

        Args:
            loop: the event loop.
            limits: of connections and request heads.
            registry: of the worker's connections.
            make_protocol: returns what takes over at the first byte.
        """
        self._loop, self._limits, self._registry = loop, limits, registry
        self._make_protocol = make_protocol
        self._deadline = 0.0
        self._transport: Transport

    def connection_made(self, transport: BaseTransport) -> None:
        """Wait for the first byte, or refuse."""
        self._transport = cast("Transport", transport)
        self._deadline = self._loop.time() + self._limits.header_timeout_s
        if not self._registry.add(self):
            metrics.SHED.labels("connections_full").inc()
            self._transport.write(refusal(TooManyConnectionsError()))
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Hand over to the full protocol."""
        if self._transport.is_closing():
            return
        protocol = self._make_protocol()
        self._transport.set_protocol(protocol)
        self._registry.replace(self, protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._registry.remove(self)

    def check_deadlines(self, now: float) -> None:
        """Close if the first byte is late."""
        if now >= self._deadline:
            self._transport.abort()

    def unread_bytes(self) -> int:
        """None have been sent."""
        return 0

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

"""HTTP/1.1 within limits: uvicorn's protocol with bounds, strict framing and ordered refusals.

uvicorn parses with httptools, which is strict about framing. This module adds what uvicorn lacks:

* limits on the bytes and fields of a request's head, and on the requests that a client sends ahead
* deadlines for slow connections
* dropping the trailer fields of a body, which uvicorn lets replace header fields
* reading the body of a request with an `Upgrade` field, which uvicorn takes for the next request

The ASGI messages, flow control and keep-alive are uvicorn's.
"""

from asyncio import AbstractEventLoop, Transport
from enum import Enum, auto
from typing import Any

import httptools
from uvicorn import Config
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from service.errors import ServiceError
from service.limits import Limits
from service.observability import metrics
from service.server.connections import Connections
from service.server.errors import HeaderTimeoutError, MalformedRequestError, TooManyPipelinedError
from service.server.framing import FRAMING_FIELDS, check_framing, check_target, service_error
from service.server.head_meter import HeadMeter
from service.server.refusals import refusal

LINGER_S = 1.0
"""The server reads on from a refused client: a reset would destroy the refusal in its buffers."""


class _Reading(Enum):
    """What the parser reads."""

    START = auto()
    """Nothing yet of the next request."""
    HEAD = auto()
    BODY = auto()
    """Body and trailer."""
    NOTHING = auto()
    """The connection ends with a refusal; whatever else comes is dropped."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: AbstractEventLoop | None = None,
        *,
        limits: Limits,
        registry: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        # In place of uvicorn's parser, which accepts data after `Connection: close`.
        self.parser = httptools.HttpRequestParser(self)
        self._limits, self._registry = limits, registry
        self._reading = _Reading.START
        self._requests = 0
        self._meter = HeadMeter(limits)
        self._framing: dict[bytes, bytes] = {}
        self._running: RequestResponseCycle | None = None
        self._is_upgrade = False
        self._refusal: bytes | None = None
        self._deadline: float | None = None
        self._unread, self._unread_since = 0, 0.0

    # What asyncio calls.

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to read the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.time() + self._limits.header_timeout_s

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; a request in work learns of it."""
        self._registry.remove(self)
        self._reading, self._deadline = _Reading.NOTHING, None
        self.pipeline.clear()
        self._disconnect_running()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has come."""
        if self._reading is _Reading.NOTHING or self.transport.is_closing():
            return
        requests, reading = self._requests, self._reading
        try:
            self._feed(data)
            # A head that began with these bytes is counted from the next ones on.
            if requests == self._requests and reading is self._reading is not _Reading.START:
                self._meter.add_unfinished(len(data))
        except ServiceError as error:
            self._refuse(error)
            return
        if self._reading is _Reading.BODY and self._is_body_waiting():
            self.flow.pause_reading()  # until the application has taken what there is

    # What the registry calls.

    def check_deadlines(self, now: float) -> None:
        """Close a connection that is late with a request's head, with reading, or with closing."""
        if self._deadline is not None and now >= self._deadline:
            self._end_wait()
        unread = self.unread_bytes()
        if not 0 < self._unread <= unread:
            self._unread_since = now
        self._unread = unread
        if unread and now - self._unread_since > self._limits.unread_timeout_s:
            metrics.SHED.labels("unread_response").inc()
            self.abort()

    def unread_bytes(self) -> int:
        """Bytes of responses that the client has not taken."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close at once; a request in work learns of it before it writes."""
        self._reading, self._deadline = _Reading.NOTHING, None
        self.pipeline.clear()
        self._disconnect_running()
        self.transport.abort()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request begins."""
        if len(self.pipeline) >= self._limits.max_pipelined_requests:
            raise TooManyPipelinedError(self._limits.max_pipelined_requests)
        super().on_message_begin()
        self._reading = _Reading.HEAD
        self._requests += 1
        self._meter.restart()
        self._framing = {}
        if self._requests > 1:
            self._deadline = self.loop.time() + self._limits.header_timeout_s

    def on_url(self, url: bytes) -> None:
        """Part of the request's target."""
        self._meter.add_target(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field of a request, or a trailer field of its body, which is dropped."""
        self._meter.add_field(name, value)
        if self._reading is not _Reading.HEAD:
            return
        name = name.lower()
        if name in FRAMING_FIELDS:
            if name in self._framing:
                raise MalformedRequestError(f"more than one {name.decode().title()} header")
            self._framing[name] = value
        elif name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """A request's head is complete."""
        check_framing(self.parser.get_http_version(), self.parser.get_method(), self._framing)
        check_target(self.url)
        self._is_upgrade = bool(self.parser.should_upgrade())
        if not self._is_upgrade:
            self._registry.mark_in_use(self)
            super().on_headers_complete()
        # Last: a head that was refused above has no request to give up.
        self._reading, self._deadline = _Reading.BODY, None
        self._meter.restart()

    def on_body(self, body: bytes) -> None:
        """Part of a request's body."""
        self._meter.add_body(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete, unless it is parsed once more without its `Upgrade` field."""
        self._reading = _Reading.START
        if not self._is_upgrade:
            super().on_message_complete()

    # What a request calls.

    def on_response_complete(self) -> None:
        """Go on with the next request that waits, or wait for one."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._refusal is not None:
            self._send_refusal(self._refusal)
        else:
            self.flow.resume_reading()
            self._registry.mark_idle(self)
            if self._deadline is None:
                self._deadline = self.loop.time() + self._limits.keep_alive_s

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _feed(self, data: bytes) -> None:
        """Parse; a `ServiceError` says what is wrong with the data."""
        rest: bytes | None = data
        while rest is not None:
            rest = self._parse(rest)

    def _parse(self, data: bytes) -> bytes | None:
        """Parse up to the end, or up to a request with an `Upgrade` field.

        Returns:
            What to parse next: that request without the field, and the data behind it.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            end = upgrade.args[0]
        except httptools.HttpParserError as error:
            raise service_error(error) from None
        else:
            return None
        return self._head_without_upgrade() + data[end:]

    def _head_without_upgrade(self) -> bytes:
        """The head of a request without its `Upgrade` field, which a server may ignore.

        The parser would take the request's body for data of another protocol. It gets the fields
        that it has accepted itself, so this cannot make another request of them.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                lines += [b"connection: close"] if b"close" in value.lower() else []
            elif name != b"upgrade":
                lines.append(b"%s: %s" % (name, value))
        self.parser = httptools.HttpRequestParser(self)
        return b"\r\n".join((*lines, b"", b""))

    def _end_wait(self) -> None:
        """The deadline is over."""
        if self._reading is _Reading.HEAD:
            self._refuse(HeaderTimeoutError(self._limits.header_timeout_s))
        else:
            self.abort()

    def _refuse(self, error: ServiceError) -> None:
        """Read no more; send the error once all earlier requests are answered."""
        metrics.SHED.labels(error.code).inc()
        incomplete = self._reading is _Reading.BODY and not self._is_upgrade
        self._reading, self._deadline = _Reading.NOTHING, None
        self._refusal = refusal(error)
        if incomplete:
            self._drop_incomplete()
        if not self._is_in_work():
            self._send_refusal(self._refusal)

    def _is_body_waiting(self) -> bool:
        """Whether the application has still to take a part of the newest request's body."""
        return self.cycle.message_event.is_set() and not self.cycle.response_complete

    def _is_in_work(self) -> bool:
        """Whether a request will still be answered."""
        running = self._running
        return running is not None and not (running.response_complete or running.disconnected)

    def _drop_incomplete(self) -> None:
        """Give up the request whose body cannot be read on; it is the newest."""
        if self.pipeline:
            self.pipeline.popleft()
            return
        if self.cycle.response_started:
            self.transport.close()
        self._disconnect_running()

    def _disconnect_running(self) -> None:
        """Tell the request in work that its client is gone."""
        if self._running is not None:
            self._running.disconnected = True
            self._running.message_event.set()

    def _send_refusal(self, response: bytes) -> None:
        self._refusal = None
        if self.transport.is_closing():
            return
        self.transport.write(response)
        self.transport.write_eof()
        self._deadline = self.loop.time() + LINGER_S
        self.flow.resume_reading()

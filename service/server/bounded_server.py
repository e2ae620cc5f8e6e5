"""Runs an ASGI application on a listening socket until a signal asks for the end."""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from service.errors import error_location
from service.http.asgi_types import AsgiApp
from service.limits import Limits
from service.server.connections import SWEEP_INTERVAL_S, Connections
from service.server.listener import BACKLOG
from service.server.new_connection import NewConnection
from service.server.protocol import BoundedHttpProtocol

logger = logging.getLogger(__name__)

KILL_S = 4
"""From the end of the time to drain to the end of the process, whatever hangs."""
BEAT_INTERVAL_S = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _nothing() -> None:
    """The default for callbacks."""


class BoundedServer(uvicorn.Server):
    """uvicorn with `BoundedHttpProtocol`, whose end is certain."""

    def __init__(
        self,
        app: AsgiApp,
        limits: Limits,
        *,
        on_stop: Callable[[], None] = _nothing,
        on_beat: Callable[[], None] = _nothing,
    ) -> None:
        """Prepare.

        Args:
            app: the application.
            limits: of connections and request heads.
            on_stop: called on the event loop when the end has been asked for.
            on_beat: called on the event loop every `BEAT_INTERVAL_S`, once connections are
                accepted and until the end.
        """
        self._registry = Connections(
            limit=limits.max_connections, max_unread_bytes=limits.max_unread_bytes
        )
        super().__init__(_config(app, limits, self._registry))
        self._limits, self._on_stop, self._on_beat = limits, on_stop, on_beat

    def run_on(self, listener: socket.socket) -> None:
        """Serve until SIGTERM, SIGINT or SIGHUP (the terminal was closed).

        Requests in work then have `limits.drain_s` to end. `KILL_S` after that, the kernel ends
        the process.

        Args:
            listener: a listening socket, closed at the end.
        """
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self._run(listener))

    async def _run(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        tasks = (
            asyncio.create_task(
                _repeat(SWEEP_INTERVAL_S, lambda: self._registry.sweep(loop.time()))
            ),
            asyncio.create_task(_repeat(BEAT_INTERVAL_S, self._beat)),
        )
        try:
            await self.serve(sockets=[listener])
        finally:
            for task in tasks:
                task.cancel()

    def _beat(self) -> None:
        if self.started:
            self._on_beat()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals that ask for the end, unless the caller ignores them (`nohup`)."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in _SIGNALS
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)  # blocked in a container's start
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second SIGINT drops the requests in work."""
        if not self.should_exit:
            # The kernel ends the process even if no Python code runs any more.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self._limits.drain_s + KILL_S)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, tell the application, and let requests in work end."""
        self._on_stop()
        self._registry.close_silent()
        await super().shutdown(sockets)


def _config(app: AsgiApp, limits: Limits, registry: Connections) -> uvicorn.Config:
    return uvicorn.Config(
        cast("Any", app),
        http=cast("Any", _protocol_factory(limits, registry)),  # uvicorn calls it, and no more
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=cast("Any", limits.drain_s),
    )


def _protocol_factory(limits: Limits, registry: Connections) -> Callable[..., NewConnection]:
    """A function with the arguments that uvicorn gives to its own protocol classes."""

    def protocol(
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> NewConnection:
        loop = _loop or asyncio.get_running_loop()
        arguments = (config, server_state, app_state, loop)
        make = partial(BoundedHttpProtocol, *arguments, limits=limits, registry=registry)
        return NewConnection(loop, limits, registry, make)

    return protocol


async def _repeat(interval_s: float, action: Callable[[], None]) -> None:
    """Run an action again and again; without it no deadline would hold any more."""
    while True:
        await asyncio.sleep(interval_s)
        try:
            action()
        except Exception as error:  # noqa: BLE001  # the next attempt may succeed
            logger.error("a periodic task: %s", error_location(error))

"""A server whose application hangs as it is told: `stuck.py DESCRIPTOR MODE`."""

import asyncio
import socket
import sys
import threading
import time

from service.http.asgi_types import Receive, Scope, Send
from service.limits import Limits
from service.server import bounded_server
from service.server.bounded_server import BoundedServer

MODE = sys.argv[2]
bounded_server.KILL_S = 1.5  # type: ignore[assignment]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    sys.stdout.write("request\n")
    sys.stdout.flush()
    await hang()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def lifespan(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.sleep(60 if MODE == "shutdown" else 0)
    await send({"type": "lifespan.shutdown.complete"})


async def hang() -> None:
    if MODE == "loop":
        time.sleep(60)
    elif MODE == "thread":
        threading.Thread(target=time.sleep, args=(60,)).start()
    while MODE in {"task", "stubborn"}:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if MODE == "task":
                raise


BoundedServer(app, Limits(drain_s=0.3)).run_on(socket.socket(fileno=int(sys.argv[1])))

"""Cross-origin requests: which pages of other origins may call the API from a browser.

Off unless origins are set. Cookies and other credentials are never allowed; a page that has the
admin token may send it, like any other caller.
"""

from collections.abc import Iterable, Sequence

from service.http.asgi_types import AsgiApp, Message, Receive, Scope, Send

ANY = "*"
MAX_AGE_S = 600
"""How long a browser may remember the answer to a preflight."""
_EXPOSED = b"ETag, Retry-After, Server-Timing, X-Request-ID, X-Variant"
_REQUEST_HEADERS = b"Authorization, Content-Type, If-Match, X-Request-ID, X-Routing-Key, X-Variant"

_Headers = Sequence[tuple[bytes, bytes]]


def with_cors(app: AsgiApp, origins: Iterable[str]) -> AsgiApp:
    """The application with the response headers of the CORS protocol.

    Args:
        app: answers `OPTIONS` with the methods of a path in `Allow`.
        origins: such as `https://app.example.com`, or `ANY` alone; without any, the application is
            unchanged.
    """
    allowed = frozenset(origin.encode() for origin in origins)
    if not allowed:
        return app

    async def cross_origin(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = message.get("headers", ())
                message = {**message, "headers": [*sent, *_added(scope, sent, allowed)]}
            await send(message)

        await app(scope, receive, send_with_headers)

    return cross_origin


def _added(scope: Scope, sent: _Headers, allowed: frozenset[bytes]) -> _Headers:
    """The headers that a response gets in addition to those it has."""
    vary = [] if ANY.encode() in allowed else [(b"vary", b"Origin")]
    request = dict(scope["headers"])
    origin = request.get(b"origin")
    if origin is None or not (origin in allowed or ANY.encode() in allowed):
        return vary
    granted = origin if vary else ANY.encode()
    added = [*vary, (b"access-control-allow-origin", granted)]
    if scope["method"] == "OPTIONS" and b"access-control-request-method" in request:
        return [*added, *_preflight(dict(sent))]
    return [*added, (b"access-control-expose-headers", _EXPOSED)]


def _preflight(sent: dict[bytes, bytes]) -> _Headers:
    return [
        (b"access-control-allow-methods", sent.get(b"allow", b"")),
        (b"access-control-allow-headers", _REQUEST_HEADERS),
        (b"access-control-max-age", str(MAX_AGE_S).encode()),
    ]

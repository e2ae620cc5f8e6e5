"""A path prefix under which a proxy serves the application, such as `/emotion`.

Some proxies strip the prefix before they pass a request on and some do not, so paths with and
without it are answered alike. The page's addresses are relative and need no setting.
"""

from service.http.asgi_types import AsgiApp, Receive, Scope, Send
from service.http.parsing.headers import header_map, request_id_from


def under_root_path(app: AsgiApp, prefix: str) -> AsgiApp:
    """The application, which then also answers below a prefix.

    Args:
        app: finds the prefix in the scope's `root_path`.
        prefix: begins with a slash and does not end with one; if it is empty, the application is
            unchanged.
    """
    if not prefix:
        return app

    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if path == prefix:
                await _redirect(scope, send, prefix)
                return
            inner = path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path
            scope = {**scope, "path": inner, "root_path": prefix}
        await app(scope, receive, send)

    return below


async def _redirect(scope: Scope, send: Send, prefix: str) -> None:
    """Send the caller to the path with a final slash, to which the page's addresses relate."""
    headers = [
        (b"location", f"{prefix}/".encode()),
        (b"content-length", b"0"),
        (b"x-request-id", request_id_from(header_map(scope["headers"])).encode()),
    ]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

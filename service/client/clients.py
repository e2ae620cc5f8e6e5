"""Both clients: how they connect, and the methods that send the calls of `service.client.calls`."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

import httpx

from service.client import calls
from service.client.calls import Call

DEFAULT_URL = "http://127.0.0.1:3000"
DEFAULT_TIMEOUT_S = 10.0

P = ParamSpec("P")
T = TypeVar("T")


class _Method(Generic[P, T]):
    """Makes a method of both clients from a function that builds the request.

    The method takes the function's arguments. It returns the result in a `Client`, and a coroutine
    of the result in an `AsyncClient`.
    """

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self._build = build

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Call[T]]: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, client: "AsyncClient", owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: "Client | AsyncClient | None", owner: type) -> Callable[P, Any]:
        build = self._build
        if client is None:
            return build

        @functools.wraps(build)
        def call(*args: P.args, **kwargs: P.kwargs) -> T | Coroutine[Any, Any, T]:
            return client._send(build(*args, **kwargs))

        return call


class _Methods:
    """The calls of the API, which both clients have."""

    classify = _Method(calls.classify)
    compare = _Method(calls.compare)
    feedback = _Method(calls.feedback)
    feedback_summary = _Method(calls.feedback_summary)
    variants = _Method(calls.variants)
    variant = _Method(calls.variant)
    load = _Method(calls.load)
    unload = _Method(calls.unload)
    adapt = _Method(calls.adapt)
    routing = _Method(calls.routing)
    set_routing = _Method(calls.set_routing)


def _checked(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError("base_url: must begin with http:// or https://")
    return url


def _authorization(admin_token: str | None) -> dict[str, str]:
    if admin_token is None:
        return {}
    token = admin_token.strip()  # a file of a secret often ends with a line break
    if not (token.isascii() and token.isprintable()):
        raise ValueError("admin_token: must be printable ASCII")
    return {"Authorization": f"Bearer {token}"}


class Client(_Methods):
    """A client of one service.

    Every call raises `ApiError` if the response is not a success, `httpx.TimeoutException` if a
    step takes too long, and another `httpx.TransportError` if the service cannot be reached.
    Redirects are not followed: they could turn a POST into a GET.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        admin_token: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare a client; the first call connects.

        Args:
            base_url: of the service, with the path prefix of a proxy if there is one.
            admin_token: for `load`, `unload` and `set_routing`.
            timeout_s: for each step of a call, such as connecting or reading.
            transport: replaces httpx's own.

        Raises:
            ValueError: the URL has no scheme, or the token does not fit into a header.
        """
        self._http = httpx.Client(
            base_url=_checked(base_url),
            headers=_authorization(admin_token),
            timeout=timeout_s,
            transport=transport,
        )

    def _send(self, call: Call[T]) -> T:
        """Send one request and parse its response."""
        response = self._http.request(
            call.method, call.path, content=call.content, headers=call.headers
        )
        return call.result(response)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Methods):
    """`Client` for asyncio: the same calls as coroutines."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        admin_token: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client; the arguments are those of `Client`."""
        self._http = httpx.AsyncClient(
            base_url=_checked(base_url),
            headers=_authorization(admin_token),
            timeout=timeout_s,
            transport=transport,
        )

    async def _send(self, call: Call[T]) -> T:
        """Send one request and parse its response."""
        response = await self._http.request(
            call.method, call.path, content=call.content, headers=call.headers
        )
        return call.result(response)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

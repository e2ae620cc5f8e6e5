"""A typed client of the service, for programs in Python: `Client`, and `AsyncClient` for asyncio.

    with Client("http://localhost:3000") as client:
        response = client.classify("I am so grateful for this!", key="user-7")
        print(response.variant, response.results[0].labels)

Needs httpx, which the extra `client` installs.
"""

import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Generic, NamedTuple, ParamSpec, Self, TypeVar, overload
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from service.routing.policy import Policy, PolicyChange
from service.schemas import (
    ClassifyResponse,
    CompareResponse,
    ErrorResponse,
    FeedbackResponse,
    VariantInfo,
    VariantList,
)

DEFAULT_URL = "http://127.0.0.1:3000"
DEFAULT_TIMEOUT_S = 10.0

P = ParamSpec("P")
T = TypeVar("T")


class ApiError(Exception):
    """The service refused a call or failed."""

    def __init__(
        self, status: int, *, code: str, message: str, request_id: str, retry_after_s: float | None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        """Seconds to wait before another attempt; None if the response does not state them."""


class _Call(NamedTuple, Generic[T]):
    """One request, and how its response is parsed."""

    method: str
    path: str
    parse: Callable[[bytes], T]
    json: Any = None
    headers: Mapping[str, str] = {}

    def result(self, response: httpx.Response) -> T:
        """The parsed body.

        Raises:
            ApiError: the response is not a success.
        """
        if not response.is_success:
            raise _api_error(response)
        return self.parse(response.content)


def _api_error(response: httpx.Response) -> ApiError:
    try:
        error = ErrorResponse.model_validate_json(response.content).error
        code, message, request_id = error.code, error.message, error.request_id
    except ValidationError:  # a gateway answered instead of the service
        code, message, request_id = "unknown", response.reason_phrase, ""
    retry_after = response.headers.get("retry-after", "")
    return ApiError(
        response.status_code,
        code=code,
        message=message,
        request_id=request_id,
        retry_after_s=float(retry_after) if retry_after.isdecimal() else None,
    )


class _Method(Generic[P, T]):
    """Makes a method of both clients from a function that builds the request.

    The method takes the function's arguments. It returns the result in a `Client`, and a coroutine
    of the result in an `AsyncClient`.
    """

    def __init__(self, build: Callable[P, _Call[T]]) -> None:
        self._build = build

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, _Call[T]]: ...
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


def _classify(
    texts: str | Sequence[str], *, variant: str | None = None, key: str | None = None
) -> _Call[ClassifyResponse]:
    """Labels for one text or several."""
    body: dict[str, Any] = {"text": texts} if isinstance(texts, str) else {"texts": list(texts)}
    options = {"variant": variant, "key": key}
    body |= {name: value for name, value in options.items() if value is not None}
    return _Call("POST", "/classify", ClassifyResponse.model_validate_json, body)


def _compare(text: str) -> _Call[CompareResponse]:
    """One text through every loaded variant."""
    return _Call("POST", "/compare", CompareResponse.model_validate_json, {"text": text})


def _feedback(
    receipt: str, labels: Sequence[str] | Sequence[Sequence[str]]
) -> _Call[FeedbackResponse]:
    """The true labels for an earlier response; for several texts, one list for each."""
    true_labels = [label if isinstance(label, str) else list(label) for label in labels]
    body = {"receipt": receipt, "labels": true_labels}
    return _Call("POST", "/feedback", FeedbackResponse.model_validate_json, body)


def _variants() -> _Call[list[VariantInfo]]:
    """All variants."""
    return _Call("GET", "/variants", lambda body: VariantList.model_validate_json(body).variants)


def _variant(name: str) -> _Call[VariantInfo]:
    """One variant."""
    return _Call("GET", _variant_path(name), VariantInfo.model_validate_json)


def _load(name: str) -> _Call[VariantInfo]:
    """Load a variant into memory."""
    return _Call("POST", f"{_variant_path(name)}/load", VariantInfo.model_validate_json)


def _unload(name: str) -> _Call[VariantInfo]:
    """Remove a variant from memory."""
    return _Call("POST", f"{_variant_path(name)}/unload", VariantInfo.model_validate_json)


def _routing() -> _Call[Policy]:
    """The routing policy."""
    return _Call("GET", "/routing", Policy.model_validate_json)


def _set_routing(change: PolicyChange, *, expected: int | None = None) -> _Call[Policy]:
    """Replace the routing policy; if `expected` is given, only if that is its version."""
    # A `Policy` that was read is a change, too; its version is not part of the body.
    fields = {name: getattr(change, name) for name in PolicyChange.model_fields}
    body = PolicyChange(**fields).model_dump(mode="json")
    headers = {} if expected is None else {"If-Match": f'"{expected}"'}
    return _Call("PUT", "/routing", Policy.model_validate_json, body, headers)


def _variant_path(name: str) -> str:
    return f"/variants/{quote(name, safe='')}"


class _Methods:
    """The calls of the API, which both clients have."""

    classify = _Method(_classify)
    compare = _Method(_compare)
    feedback = _Method(_feedback)
    variants = _Method(_variants)
    variant = _Method(_variant)
    load = _Method(_load)
    unload = _Method(_unload)
    routing = _Method(_routing)
    set_routing = _Method(_set_routing)


def _authorization(admin_token: str | None) -> dict[str, str]:
    return {} if admin_token is None else {"Authorization": f"Bearer {admin_token}"}


class Client(_Methods):
    """A client of one service. Every call raises `ApiError`, or httpx's `TransportError`."""

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
            base_url: of the service.
            admin_token: for `load`, `unload` and `set_routing`.
            timeout_s: for each step of a call, such as connecting or reading.
            transport: replaces httpx's own.
        """
        self._http = httpx.Client(
            base_url=base_url,
            headers=_authorization(admin_token),
            timeout=timeout_s,
            transport=transport,
        )

    def _send(self, call: _Call[T]) -> T:
        """Send one request and parse its response."""
        headers = dict(call.headers)
        return call.result(
            self._http.request(call.method, call.path, json=call.json, headers=headers)
        )

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
            base_url=base_url,
            headers=_authorization(admin_token),
            timeout=timeout_s,
            transport=transport,
        )

    async def _send(self, call: _Call[T]) -> T:
        """Send one request and parse its response."""
        headers = dict(call.headers)
        return call.result(
            await self._http.request(call.method, call.path, json=call.json, headers=headers)
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

"""A typed client of the service, for programs in Python: `Client`, and `AsyncClient` for asyncio.

    with Client("http://localhost:3000") as client:
        answer = client.classify("I am so grateful for this!", key="user-7")
        print(answer.variant, answer.results[0].labels)

Needs httpx, which the extra `client` brings.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

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

M = TypeVar("M", bound=BaseModel)


class ApiError(Exception):
    """The service refused a call or failed."""

    def __init__(
        self, status: int, *, code: str, message: str, request_id: str, retry_after_s: float | None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        """After how many seconds to try again, where the service says so."""


class _Call(NamedTuple, Generic[M]):
    """What goes over the wire, and what comes back."""

    method: str
    path: str
    answer: type[M]
    json: Any = None
    headers: Mapping[str, str] = {}


def _classify(
    texts: str | Sequence[str], variant: str | None, key: str | None
) -> _Call[ClassifyResponse]:
    what = {"text": texts} if isinstance(texts, str) else {"texts": list(texts)}
    options = {"variant": variant, "key": key}
    given = {name: value for name, value in options.items() if value is not None}
    return _Call("POST", "/classify", ClassifyResponse, {**what, **given})


def _feedback(
    receipt: str, labels: Sequence[str] | Sequence[Sequence[str]]
) -> _Call[FeedbackResponse]:
    told = [label if isinstance(label, str) else list(label) for label in labels]
    return _Call("POST", "/feedback", FeedbackResponse, {"receipt": receipt, "labels": told})


def _variant(name: str, call: str = "") -> _Call[VariantInfo]:
    path = f"/variants/{quote(name, safe='')}{call}"
    return _Call("POST" if call else "GET", path, VariantInfo)


def _set_routing(change: PolicyChange, expected: int | None) -> _Call[Policy]:
    headers = {} if expected is None else {"If-Match": f'"{expected}"'}
    body = PolicyChange(**{name: getattr(change, name) for name in PolicyChange.model_fields})
    return _Call("PUT", "/routing", Policy, body.model_dump(mode="json"), headers)


_COMPARE, _VARIANTS, _ROUTING = "/compare", "/variants", "/routing"


def _parsed(answer: type[M], response: httpx.Response) -> M:
    if response.is_success:
        return answer.model_validate_json(response.content)
    try:
        error = ErrorResponse.model_validate_json(response.content).error
        code, message, request_id = error.code, error.message, error.request_id
    except ValidationError:  # something between client and service answered
        code, message, request_id = "unknown", response.reason_phrase, ""
    retry_after = response.headers.get("retry-after", "")
    raise ApiError(
        response.status_code,
        code=code,
        message=message,
        request_id=request_id,
        retry_after_s=float(retry_after) if retry_after.isdecimal() else None,
    )


def _headers(admin_token: str | None) -> dict[str, str]:
    return {} if admin_token is None else {"Authorization": f"Bearer {admin_token}"}


class Client:
    """Speaks to one service. Every call raises `ApiError`, or httpx's `TransportError`."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        admin_token: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Connect with the first call.

        Args:
            base_url: of the service.
            admin_token: for `load`, `unload` and `set_routing`.
            timeout_s: for each step of a call.
            transport: in the place of httpx's own.
        """
        self._http = httpx.Client(
            base_url=base_url, headers=_headers(admin_token), timeout=timeout_s, transport=transport
        )

    def classify(
        self, texts: str | Sequence[str], *, variant: str | None = None, key: str | None = None
    ) -> ClassifyResponse:
        """Labels for one text or several."""
        return self._send(_classify(texts, variant, key))

    def compare(self, text: str) -> CompareResponse:
        """One text through every loaded variant."""
        return self._send(_Call("POST", _COMPARE, CompareResponse, {"text": text}))

    def feedback(
        self, receipt: str, labels: Sequence[str] | Sequence[Sequence[str]]
    ) -> FeedbackResponse:
        """The labels that an earlier answer should have given; for several texts a list each."""
        return self._send(_feedback(receipt, labels))

    def variants(self) -> list[VariantInfo]:
        """All variants."""
        return self._send(_Call("GET", _VARIANTS, VariantList)).variants

    def variant(self, name: str) -> VariantInfo:
        """One variant."""
        return self._send(_variant(name))

    def load(self, name: str) -> VariantInfo:
        """Bring a variant back into memory."""
        return self._send(_variant(name, "/load"))

    def unload(self, name: str) -> VariantInfo:
        """Take a variant out of memory."""
        return self._send(_variant(name, "/unload"))

    def routing(self) -> Policy:
        """The routing policy."""
        return self._send(_Call("GET", _ROUTING, Policy))

    def set_routing(self, change: PolicyChange, *, expected: int | None = None) -> Policy:
        """Replace the routing policy; where `expected` is given, only if that is its version."""
        return self._send(_set_routing(change, expected))

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, call: _Call[M]) -> M:
        response = self._http.request(
            call.method, call.path, json=call.json, headers=dict(call.headers)
        )
        return _parsed(call.answer, response)


class AsyncClient:
    """`Client` for asyncio: the same calls, to be awaited."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        admin_token: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Connect with the first call; the arguments are those of `Client`."""
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=_headers(admin_token), timeout=timeout_s, transport=transport
        )

    async def classify(
        self, texts: str | Sequence[str], *, variant: str | None = None, key: str | None = None
    ) -> ClassifyResponse:
        """Labels for one text or several."""
        return await self._send(_classify(texts, variant, key))

    async def compare(self, text: str) -> CompareResponse:
        """One text through every loaded variant."""
        return await self._send(_Call("POST", _COMPARE, CompareResponse, {"text": text}))

    async def feedback(
        self, receipt: str, labels: Sequence[str] | Sequence[Sequence[str]]
    ) -> FeedbackResponse:
        """The labels that an earlier answer should have given; for several texts a list each."""
        return await self._send(_feedback(receipt, labels))

    async def variants(self) -> list[VariantInfo]:
        """All variants."""
        return (await self._send(_Call("GET", _VARIANTS, VariantList))).variants

    async def variant(self, name: str) -> VariantInfo:
        """One variant."""
        return await self._send(_variant(name))

    async def load(self, name: str) -> VariantInfo:
        """Bring a variant back into memory."""
        return await self._send(_variant(name, "/load"))

    async def unload(self, name: str) -> VariantInfo:
        """Take a variant out of memory."""
        return await self._send(_variant(name, "/unload"))

    async def routing(self) -> Policy:
        """The routing policy."""
        return await self._send(_Call("GET", _ROUTING, Policy))

    async def set_routing(self, change: PolicyChange, *, expected: int | None = None) -> Policy:
        """Replace the routing policy; where `expected` is given, only if that is its version."""
        return await self._send(_set_routing(change, expected))

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, call: _Call[M]) -> M:
        response = await self._http.request(
            call.method, call.path, json=call.json, headers=dict(call.headers)
        )
        return _parsed(call.answer, response)

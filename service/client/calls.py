"""The calls of the API as functions from arguments to a request and the parser of its response."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from service.client.api_error import api_error, unreadable_response
from service.feedback_schemas import AdaptResponse, FeedbackSummary
from service.routing.policy import Policy, PolicyChange
from service.schemas import (
    ClassifyResponse,
    CompareResponse,
    FeedbackResponse,
    VariantInfo,
    VariantList,
)

T = TypeVar("T")


class Call(NamedTuple, Generic[T]):
    """One request, and how its response is parsed."""

    method: str
    path: str
    parse: Callable[[bytes], T]
    body: Any = None
    """Sent as JSON unless it is None."""
    extra_headers: Mapping[str, str] = {}

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        return None if self.body is None else _encoded(self.body)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request."""
        content_type = {} if self.body is None else {"Content-Type": "application/json"}
        return {**content_type, **self.extra_headers}

    def result(self, response: httpx.Response) -> T:
        """The parsed body.

        Raises:
            ApiError: the response is not a success, or is not one of the service.
        """
        if not response.is_success:
            raise api_error(response)
        try:
            return self.parse(response.content)
        except ValidationError:
            raise unreadable_response(response) from None


def _encoded(body: Any) -> bytes:
    """JSON in UTF-8. A surrogate without its partner has no UTF-8, so it is sent as an escape."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(body).encode()


def classify(
    texts: str | Sequence[str], *, variant: str | None = None, key: str | None = None
) -> Call[ClassifyResponse]:
    """Labels for one text or several."""
    body: dict[str, Any] = {"text": texts} if isinstance(texts, str) else {"texts": list(texts)}
    options = {"variant": variant, "key": key}
    body |= {name: value for name, value in options.items() if value is not None}
    return Call("POST", "/classify", ClassifyResponse.model_validate_json, body)


def compare(text: str) -> Call[CompareResponse]:
    """One text through every loaded variant."""
    return Call("POST", "/compare", CompareResponse.model_validate_json, {"text": text})


def feedback(
    receipt: str, labels: Sequence[str] | Sequence[Sequence[str]]
) -> Call[FeedbackResponse]:
    """The true labels for an earlier response; for several texts, one list for each."""
    true_labels = [label if isinstance(label, str) else list(label) for label in labels]
    body = {"receipt": receipt, "labels": true_labels}
    return Call("POST", "/feedback", FeedbackResponse.model_validate_json, body)


def feedback_summary() -> Call[FeedbackSummary]:
    """How many answers of each variant were judged, and how right they were."""
    return Call("GET", "/feedback/summary", FeedbackSummary.model_validate_json)


def variants() -> Call[list[VariantInfo]]:
    """All variants."""
    return Call("GET", "/variants", lambda body: VariantList.model_validate_json(body).variants)


def variant(name: str) -> Call[VariantInfo]:
    """One variant."""
    return Call("GET", _variant_path(name), VariantInfo.model_validate_json)


def load(name: str) -> Call[VariantInfo]:
    """Load a variant into memory."""
    return Call("POST", f"{_variant_path(name)}/load", VariantInfo.model_validate_json)


def unload(name: str) -> Call[VariantInfo]:
    """Remove a variant from memory."""
    return Call("POST", f"{_variant_path(name)}/unload", VariantInfo.model_validate_json)


def adapt(name: str, candidate: str, *, force: bool = False) -> Call[AdaptResponse]:
    """Make a new variant of the judged answers of another; `force` makes it without a gain."""
    body = {"name": candidate, "force": force}
    return Call("POST", f"{_variant_path(name)}/adapt", AdaptResponse.model_validate_json, body)


def routing() -> Call[Policy]:
    """The routing policy."""
    return Call("GET", "/routing", Policy.model_validate_json)


def set_routing(change: PolicyChange, *, expected: int | None = None) -> Call[Policy]:
    """Replace the routing policy; if `expected` is given, only if that is its version."""
    # A `Policy` that was read is a change, too; its version is not part of the body.
    fields = {name: getattr(change, name) for name in PolicyChange.model_fields}
    body = PolicyChange(**fields).model_dump(mode="json")
    headers = {} if expected is None else {"If-Match": f'"{expected}"'}
    return Call("PUT", "/routing", Policy.model_validate_json, body, headers)


def _variant_path(name: str) -> str:
    if name.strip(".") == "":  # httpx would resolve these like the folders of a path
        raise ValueError("name: must be a variant's name")
    return f"/variants/{quote(name, safe='')}"

"""Requests and responses apart from any web framework: bodies, headers, ids, errors."""

import re
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from service.errors import (
    InvalidFieldError,
    ServiceError,
    UnreadableBodyError,
    UnsupportedMediaTypeError,
)
from service.routing.policy import ETAG_PATTERN
from service.schemas import (
    MAX_KEY_CHARACTERS,
    MAX_NAME_CHARACTERS,
    ClassifyRequest,
    ErrorDetail,
    ErrorResponse,
)

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")

M = TypeVar("M", bound=BaseModel)


class Request(NamedTuple):
    """One call."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case, values as Latin-1 text, which is how HTTP delivers them."""
    body: bytes
    id: str
    """The caller's request id, or a generated one."""
    received_at: float
    """`time.perf_counter()` when the body had been read."""
    parameters: Mapping[str, str] = MappingProxyType({})
    """Values of the path parameters."""


class Response(NamedTuple):
    """A body, usually JSON, and what goes with it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    after_sending: Callable[[], None] = lambda: None
    """Runs once the response has been sent."""


def parse(model: type[M], request: Request) -> M:
    """The body of a request.

    Raises:
        UnsupportedMediaTypeError: the headers do not declare plain JSON.
        UnreadableBodyError: the body is not JSON.
        InvalidFieldError: a field is wrong; the message begins with its name.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type != "application/json" or encoding != "identity":
        raise UnsupportedMediaTypeError
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise UnreadableBodyError(f"the body is not JSON: {first['msg']}") from None
        field = ".".join(str(step) for step in first["loc"]) or "body"
        raise InvalidFieldError(f"{field}: {first['msg'].removeprefix('Value error, ')}") from None


def to_json(model: BaseModel) -> bytes:
    """A model as a response body."""
    return model.model_dump_json().encode()


def error_response(error: ServiceError, request_id: str) -> Response:
    """The response that reports an error."""
    detail = ErrorDetail(code=error.code, message=error.message, request_id=request_id)
    return Response(to_json(ErrorResponse(error=detail)), error.status, error.headers)


def request_id_from(headers: Mapping[str, str]) -> str:
    """The caller's request id, or a new one if that is missing or unfit for logs and headers."""
    sent = headers.get("x-request-id", "")
    return sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)


def with_header_fields(request: ClassifyRequest, headers: Mapping[str, str]) -> ClassifyRequest:
    """Take key and variant from the headers if the body has none.

    Raises:
        InvalidFieldError: one of the headers is too long, empty or not UTF-8.
    """
    key = _header_text(headers, "x-routing-key", MAX_KEY_CHARACTERS)
    variant = _header_text(headers, "x-variant", MAX_NAME_CHARACTERS)
    update = {
        field: value
        for field, value in (("key", key), ("variant", variant))
        if value is not None and getattr(request, field) is None
    }
    return request.model_copy(update=update) if update else request


def _header_text(headers: Mapping[str, str], name: str, max_characters: int) -> str | None:
    raw = headers.get(name)
    if raw is None:
        return None
    try:
        text = raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise InvalidFieldError(f"{name}: must be UTF-8") from None
    if not 1 <= len(text) <= max_characters:
        raise InvalidFieldError(f"{name}: must have 1 to {max_characters} characters")
    return text


def if_match(header: str | None, *, default: int | None) -> int | None:
    """The policy version that a change is meant to replace; None for any.

    Raises:
        InvalidFieldError: the header is no ETag of the policy.
    """
    if header is None:
        return default
    tag = header.strip()
    if not re.fullmatch(ETAG_PATTERN, tag):
        raise InvalidFieldError('if-match: must be the ETag of GET /routing, like "3", or *')
    return None if tag == "*" else int(tag.removeprefix("W/").strip('"'))

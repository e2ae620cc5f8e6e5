"""What goes in and out of the calls, apart from what they do: bodies, headers, ids, failures."""

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
    """One call.

    Header names are lower-case, values as HTTP hands them on; `id` is the caller's or made by us;
    `arrived` is what `time.perf_counter` said when the body had been read.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    id: str
    arrived: float


class Response(NamedTuple):
    """JSON and what goes with it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    afterwards: Callable[[], None] = lambda: None
    """To be called once it has gone out."""


def parse(model: type[M], request: Request) -> M:
    """The body of a request.

    Raises:
        UnsupportedMediaTypeError: it is not declared as JSON.
        UnreadableBodyError: it is not JSON.
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
        where = ".".join(str(step) for step in first["loc"]) or "body"
        raise InvalidFieldError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None


def error_response(error: ServiceError, request_id: str) -> Response:
    """The JSON of a failure."""
    detail = ErrorDetail(code=error.code, message=error.message, request_id=request_id)
    return Response(as_json(ErrorResponse(error=detail)), error.status, error.headers)


def fit_request_id(headers: Mapping[str, str]) -> str:
    """The caller's own request id, or a new one where there is none that is fit to be shown."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


def with_headers(asked: ClassifyRequest, headers: Mapping[str, str]) -> ClassifyRequest:
    """Key and variant may come as headers; the body has the last word.

    Raises:
        InvalidFieldError: one of them is too long, empty or not UTF-8.
    """
    for field_name, header in (("key", "x-routing-key"), ("variant", "x-variant")):
        raw = headers.get(header)
        if raw is None:
            continue
        value = _utf8(header, raw)
        limit = MAX_KEY_CHARACTERS if field_name == "key" else MAX_NAME_CHARACTERS
        if not 1 <= len(value) <= limit:
            raise InvalidFieldError(f"{header}: must have 1 to {limit} characters")
        if getattr(asked, field_name) is None:
            asked = asked.model_copy(update={field_name: value})
    return asked


def _utf8(header: str, raw: str) -> str:
    """A header's value as text; HTTP hands it on as Latin-1."""
    try:
        return raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise InvalidFieldError(f"{header}: must be UTF-8") from None


def if_match(header: str | None, *, default: int | None) -> int | None:
    """The version a caller means to replace; None for any.

    Raises:
        InvalidFieldError: it is no ETag of the policy.
    """
    if header is None:
        return default
    tag = header.strip()
    if not re.fullmatch(ETAG_PATTERN, tag):
        raise InvalidFieldError('if-match: must be the ETag of GET /routing, like "3", or *')
    return None if tag == "*" else int(tag.removeprefix("W/").strip('"'))


def as_json(model: BaseModel) -> bytes:
    """A body."""
    return model.model_dump_json().encode()

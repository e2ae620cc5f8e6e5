"""Requests and responses apart from any web framework."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel

from service.errors import ServiceError
from service.inference.work_budget import UNBOUNDED, WorkBudget
from service.schemas import ErrorDetail, ErrorResponse


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
    root_path: str = ""
    """The prefix under which a proxy serves the API, without a final slash."""
    budget: WorkBudget = UNBOUNDED
    """What the request may use; bounded for those that run on a thread."""


class Response(NamedTuple):
    """A body, usually JSON, and what goes with it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    after_sending: Callable[[], None] = lambda: None
    """Runs once the response has been sent."""
    is_body_unread: bool = False
    """Whether the client may still be sending the request's body."""


def to_json(model: BaseModel) -> bytes:
    """A model as a response body."""
    return model.model_dump_json().encode()


def error_response(error: ServiceError, request_id: str) -> Response:
    """The response that reports an error."""
    detail = ErrorDetail(code=error.code, message=error.message, request_id=request_id)
    return Response(to_json(ErrorResponse(error=detail)), error.status, error.headers)

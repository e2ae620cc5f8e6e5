"""One API call as data: dispatch, authorisation, limits, OpenAPI and tracing all read a `Route`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from service.http.messages import Request, Response
from service.http.services import Services

Handler = Callable[[Services, Request], Response]
Parameter = Mapping[str, Any]
"""A parameter object of OpenAPI 3.1."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    """With `{name}` for a parameter, which stands for one segment of the path."""
    handler: Handler
    operation: str
    """The operation's id in the API document."""
    summary: str
    request: type[BaseModel] | None = None
    """Model of the body."""
    response: type[BaseModel] | None = None
    """Model of a successful response; None if it is of another media type, or free-form JSON."""
    media_type: str = "application/json"
    errors: tuple[int, ...] = ()
    """Statuses beyond those that follow from the other fields."""
    response_headers: Mapping[str, tuple[str, str]] | None = None
    """Name -> type and description."""
    parameters: tuple[Parameter, ...] = ()
    is_admin: bool = False
    """Whether the call needs the admin token."""
    is_probe: bool = False
    """Whether the handler runs at once, without a body, whatever else the worker does."""
    is_inference: bool = False
    """Whether the call runs variants: unless it is small, it needs a slot for large requests."""
    is_inline: bool = False
    """Whether the event loop answers calls with small bodies; all other calls run on threads."""
    is_feedback: bool = False
    """Whether the call writes feedback to disk, and runs on threads that may wait for that."""
    is_shared: bool = False
    """Whether waiting callers share one response; the handler must not look at the request."""
    is_documented: bool = True

    @property
    def call(self) -> str:
        """Method and path, as error messages list them."""
        return f"{self.method} {self.path}"


def header_parameter(name: str, description: str, schema: Parameter, **more: str) -> Parameter:
    """An optional request header."""
    described = {"name": name, "in": "header", "required": False, "description": description}
    return {**described, "schema": schema, **more}


def path_parameter(name: str, description: str, example: str) -> Parameter:
    """A segment of the path."""
    described = {"name": name, "in": "path", "required": True, "description": description}
    return {**described, "schema": {"type": "string", "minLength": 1}, "example": example}

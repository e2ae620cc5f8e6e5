"""Refusals of requests that never reach the application, as bytes in the API's shape for errors."""

import secrets
from http import HTTPStatus

from service.errors import ServiceError
from service.http.messages import error_response


def refusal(error: ServiceError) -> bytes:
    """A whole response, after which the connection is closed."""
    request_id = secrets.token_hex(16)
    response = error_response(error, request_id)
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(response.body)),
        "X-Request-ID": request_id,
        **response.headers,
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}"]
    lines += [f"{name.lower()}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + response.body

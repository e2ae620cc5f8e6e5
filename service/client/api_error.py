"""The error of a call that the service, or a server before it, did not answer with success."""

import httpx
from pydantic import ValidationError

from service.schemas import ErrorResponse

UNKNOWN = "unknown"
"""The code of a response that another server than the service gave."""


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


def api_error(response: httpx.Response) -> ApiError:
    """The error that a response without success stands for."""
    try:
        error = ErrorResponse.model_validate_json(response.content).error
    except ValidationError:  # a gateway answered instead of the service
        return _foreign(response, _reason(response))
    return ApiError(
        response.status_code,
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        retry_after_s=_retry_after_s(response),
    )


def unreadable_response(response: httpx.Response) -> ApiError:
    """The error of a success whose body is not what the call answers."""
    media_type = response.headers.get("content-type", "no media type")
    return _foreign(response, f"the response is not one of this API ({media_type}); check the URL")


def _foreign(response: httpx.Response, message: str) -> ApiError:
    return ApiError(
        response.status_code,
        code=UNKNOWN,
        message=message,
        request_id="",
        retry_after_s=_retry_after_s(response),
    )


def _reason(response: httpx.Response) -> str:
    if response.has_redirect_location:
        return f"redirected to {response.headers['location']}; give the client that address"
    return response.reason_phrase


def _retry_after_s(response: httpx.Response) -> float | None:
    seconds = response.headers.get("retry-after", "")
    return float(seconds) if seconds.isdecimal() else None

"""The errors that callers see, one class each: HTTP status, code, message.

The rest of the service raises them and imports nothing of HTTP; `service.http.asgi` turns them into
responses in one place.
"""

import errno
from collections.abc import Iterable, Mapping
from typing import ClassVar

RETRY_SOON = {"Retry-After": "1"}


class ServiceError(Exception):
    """The base class; `message` is for the caller and never quotes a text that was sent."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})
        self.is_body_unread = False
        """Whether the client may still be sending the request's body."""


class ClientDisconnectedError(Exception):
    """The connection closed before the request was complete; no response is sent."""


class UnreadableBodyError(ServiceError):
    """The body is not JSON."""

    status, code = 400, "unreadable_json"


class RepeatedHeaderError(ServiceError):
    """A header that may have one value was sent more than once."""

    status, code = 400, "repeated_header"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: sent more than once; send this header once")


class UnauthorizedError(ServiceError):
    """An admin call without the right token."""

    status, code = 401, "unauthorized"

    def __init__(self) -> None:
        super().__init__(
            "this call needs `Authorization: Bearer` with the admin token",
            headers={"WWW-Authenticate": "Bearer"},
        )


class AdminDisabledError(ServiceError):
    """An admin call to a server that was started without an admin token."""

    status, code = 403, "admin_disabled"

    def __init__(self) -> None:
        super().__init__("admin calls are off; start the server with EMOTION_ADMIN_TOKEN set")


class NotFoundError(ServiceError):
    """No such route."""

    status, code = 404, "not_found"


class UnknownVariantError(ServiceError):
    """No variant has that name; the message lists the names there are."""

    status, code = 404, "unknown_variant"

    def __init__(self, known: Iterable[str]) -> None:
        super().__init__(f"no variant of that name; there are: {', '.join(known) or 'none'}")


class MethodNotAllowedError(ServiceError):
    """The route exists, for other methods."""

    status, code = 405, "method_not_allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        methods = ", ".join(allowed)
        super().__init__(f"this route takes {methods}", headers={"Allow": methods})


class RequestTimeoutError(ServiceError):
    """The body paused for too long, or came too slowly."""

    status, code = 408, "request_timeout"

    def __init__(self) -> None:
        super().__init__("the body came too slowly or stalled", headers={"Connection": "close"})


class StalePolicyError(ServiceError):
    """The policy changed since the caller read it."""

    status, code = 409, "stale_policy"

    def __init__(self, version: int) -> None:
        super().__init__(
            f"the policy is at version {version} by now; read it again and repeat the change",
            headers={"ETag": f'"{version}"'},
        )


class InUseError(ServiceError):
    """The variant is the reference of the routing policy."""

    status, code = 409, "variant_in_use"

    def __init__(self) -> None:
        super().__init__(
            "this variant is the routing policy's reference; name another with PUT /routing first"
        )


class NotLoadedError(ServiceError):
    """The variant cannot become the reference because it is not loaded."""

    status, code = 409, "not_loaded"

    def __init__(self, name: str) -> None:
        super().__init__(f"reference: {name} is not loaded; load it first, or name another")


class NotAdaptedError(ServiceError):
    """No candidate was made of the judged answers; the message says why."""

    status, code = 409, "not_adapted"


class UsedError(ServiceError):
    """This worker has counted the receipt before."""

    status, code = 409, "receipt_used"

    def __init__(self) -> None:
        super().__init__("this receipt was used before; its answer has been judged")


class ExpiredReceiptError(ServiceError):
    """The receipt is genuine, but it is too old, or its variant's file is no longer there."""

    status, code = 410, "receipt_expired"


class BodyTooLargeError(ServiceError):
    """The body is over the limit."""

    status, code = 413, "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"a body may have {limit:,} bytes at most; send fewer texts at once")


class TooManyTokensError(ServiceError):
    """The texts of a request have more tokens than the limit."""

    status, code = 413, "too_many_tokens"

    def __init__(self, limit: int) -> None:
        super().__init__(f"a request may have {limit:,} tokens at most; send fewer texts at once")


class UnsupportedMediaTypeError(ServiceError):
    """The body is not declared as plain JSON in UTF-8."""

    status, code = 415, "unsupported_media_type"

    def __init__(
        self,
        message: str = "send JSON that is not compressed, with the header"
        " `Content-Type: application/json`",
    ) -> None:
        super().__init__(message)


class InvalidFieldError(ServiceError):
    """A field or header has an invalid value; the message begins with its name."""

    status, code = 422, "invalid_field"


class OverloadedError(ServiceError):
    """More requests at once than this worker takes."""

    status, code = 429, "overloaded"

    def __init__(self) -> None:
        super().__init__("too many requests at once; try again later", headers=RETRY_SOON)


class TooManyAttemptsError(ServiceError):
    """An admin call with a wrong token, while others with one wait for their answer."""

    status, code = 429, "too_many_attempts"

    def __init__(self) -> None:
        super().__init__(
            "too many admin calls with a wrong token; try again later",
            headers=RETRY_SOON,
        )


class InternalError(ServiceError):
    """The service failed; its log has the error under the request id."""

    def __init__(self) -> None:
        super().__init__("something went wrong on our side; the request id finds it in the log")


class DeadlineExceededError(ServiceError):
    """The request was given up because it took too long, waiting included."""

    status, code = 503, "deadline_exceeded"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"no answer within {seconds:g} s; send fewer texts at once, or try again later",
            headers=RETRY_SOON,
        )


class ShuttingDownError(ServiceError):
    """The worker is stopping and takes no more requests."""

    status, code = 503, "shutting_down"

    def __init__(self) -> None:
        super().__init__(
            "this server is stopping; send the request to another, or try again later",
            headers={**RETRY_SOON, "Connection": "close"},
        )


class OutOfResourcesError(ServiceError):
    """The worker is short of memory or file descriptors."""

    status, code = 503, "out_of_resources"

    def __init__(self) -> None:
        super().__init__(
            "the server is short of memory or file descriptors; try again later",
            headers=RETRY_SOON,
        )


class UnavailableError(ServiceError):
    """The variant exists but cannot answer now."""

    status, code = 503, "unavailable"


class NoVariantError(ServiceError):
    """No variant can answer: neither the one that the policy chose nor the reference."""

    status, code = 503, "no_variant_available"

    def __init__(self) -> None:
        super().__init__("no variant can answer now; GET /variants shows their states")


NO_FAULT_OF_A_VARIANT = (
    ClientDisconnectedError,
    DeadlineExceededError,
    OutOfResourcesError,
    ShuttingDownError,
    TooManyTokensError,
)
"""Errors that end an attempt to answer and say nothing about the variant."""

_LACKING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})


def is_lack_of_resources(error: Exception) -> bool:
    """Whether the process is short of memory or file descriptors."""
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno in _LACKING
    )


def error_location(error: BaseException) -> str:
    """Type of an error and where it was raised, without its message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
    return f"{type(error).__name__} at {where}"

"""Errors of requests that never reach the application."""

from service.errors import RETRY_SOON, ServiceError


class MalformedRequestError(ServiceError):
    """The request is not HTTP/1.1, or two servers could disagree on where it ends."""

    status, code = 400, "malformed_request"


class TooManyPipelinedError(ServiceError):
    """The client sent more requests ahead than a connection may hold."""

    status, code = 400, "pipeline_too_deep"

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} requests may wait for the response to an earlier one")


class HeaderTimeoutError(ServiceError):
    """The head of a request was not complete in time."""

    status, code = 408, "header_timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the request's headers did not come within {seconds:g} s")


class HeadTooLargeError(ServiceError):
    """The head or the trailer of a request is over a limit."""

    status, code = 431, "head_too_large"

    def __init__(self, max_bytes: int, max_fields: int) -> None:
        super().__init__(
            f"a request may have {max_bytes:,} bytes of headers in at most {max_fields} fields"
        )


class TooManyConnectionsError(ServiceError):
    """Every connection that the worker may hold has a request in work."""

    status, code = 503, "too_many_connections"

    def __init__(self) -> None:
        super().__init__("too many connections; try again later", headers=RETRY_SOON)


class UnsupportedProtocolError(ServiceError):
    """Another version of HTTP, or a request for a tunnel."""

    status, code = 505, "unsupported_protocol"

    def __init__(self) -> None:
        super().__init__("this server speaks HTTP/1.1, and is no proxy")

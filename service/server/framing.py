"""What makes a request's framing safe, and what an error of the parser means."""

import logging

import httptools

from service.errors import InternalError, ServiceError, error_location
from service.server.errors import MalformedRequestError, UnsupportedProtocolError

logger = logging.getLogger(__name__)

FRAMING_FIELDS = frozenset((b"host", b"transfer-encoding"))
"""Fields of which a request has one at most; httptools checks `Content-Length`."""
_NO_PATH = "the request's target is not a URL path"
_VERSIONS = frozenset(("1.0", "1.1"))


def check_framing(version: str, method: bytes, fields: dict[bytes, bytes]) -> None:
    """Check the parts of a head on which two servers could disagree.

    Raises:
        ServiceError: the version or the method is not supported, or the framing is ambiguous.
    """
    if version not in _VERSIONS or method == b"CONNECT":
        raise UnsupportedProtocolError
    if version == "1.1" and b"host" not in fields:
        raise MalformedRequestError("no Host header")
    encoding = fields.get(b"transfer-encoding")
    if encoding is not None and (version == "1.0" or encoding.lower() != b"chunked"):
        raise MalformedRequestError("the only Transfer-Encoding is chunked, of HTTP/1.1")


def check_target(target: bytes) -> None:
    """Check that a request's target has a path.

    Raises:
        MalformedRequestError: it has none, such as `http://host`.
        HttpParserInvalidURLError: it is no URL.
    """
    if not target.startswith(b"/") and not httptools.parse_url(target).path:
        raise MalformedRequestError(_NO_PATH)


def service_error(error: httptools.HttpParserError) -> ServiceError:
    """The error for the caller; one that a callback of the parser raised is itself."""
    if not isinstance(error, httptools.HttpParserCallbackError):
        return MalformedRequestError(f"not an HTTP/1.1 request: {error}")
    cause = error.__context__
    if isinstance(cause, ServiceError):
        return cause
    if isinstance(cause, httptools.HttpParserInvalidURLError):
        return MalformedRequestError(_NO_PATH)
    logger.error("reading a request: %s", error_location(cause or error))
    return InternalError()

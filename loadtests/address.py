"""The address of the service under test: spellings of its URL, and whether it answers."""

import http.client
import urllib.request
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit

_SCHEMES = ("http", "https")
_EXAMPLE = "an address looks like http://localhost:3000 or https://example.org/emotion"
_TIMEOUT_S = 10.0


class AddressError(Exception):
    """The service cannot be tested at this address; the message gives the reason."""


def service_url(address: str) -> str:
    """The URL to which the paths of calls are appended: without a slash at its end.

    Args:
        address: with or without `http://`, with or without a path prefix and final slashes.

    Raises:
        AddressError: it is no address of an HTTP service.
    """
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise AddressError(f"{address!r}: {error}; {_EXAMPLE}") from error
    problem = _problem(parts, port)
    if problem:
        raise AddressError(f"{address!r}: {problem}; {_EXAMPLE}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _problem(parts: SplitResult, port: int | None) -> str:
    """What makes a URL unusable, or an empty string."""
    if parts.scheme not in _SCHEMES:
        return f"{parts.scheme} is neither http nor https"
    if not parts.hostname or port == 0:
        return "it lacks a host" if not parts.hostname else "port 0 is no port"
    if "@" in parts.netloc or parts.query or parts.fragment:
        return "it must end after the path, and hold no user name"
    return ""


def read_page(url: str) -> str:
    """The page at a URL.

    Raises:
        AddressError: there is no answer, or its status is not 200.
    """
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:
            return str(response.read().decode())
    except HTTPError as error:
        error.close()
        raise AddressError(
            f"{url} answers with status {error.code}; does the path prefix fit?"
        ) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise AddressError(f"{url} does not answer: {reason}") from error

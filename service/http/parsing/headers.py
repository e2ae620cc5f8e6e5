"""Request headers: as a mapping, and the values that calls take from them."""

import re
import secrets
from collections.abc import Mapping, Sequence

from service.errors import InvalidFieldError, RepeatedHeaderError
from service.routing.policy import ETAG_PATTERN
from service.schemas import MAX_KEY_CHARACTERS, MAX_NAME_CHARACTERS, ClassifyRequest

SINGLE = frozenset(
    {
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "if-match",
        "origin",
        "x-routing-key",
        "x-variant",
    }
)
"""Headers that decide what a request means. Readers differ on which of two values counts."""
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


RawHeaders = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values, in the order of arrival."""


def header_map(raw: RawHeaders) -> dict[str, str]:
    """Names and values as Latin-1 text. The values of a repeated header are joined by commas."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    return headers if len(headers) == len(raw) else _joined(raw)


def _joined(raw: RawHeaders) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in raw:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return {name: ", ".join(of_name) for name, of_name in values.items()}


def check_single(raw: RawHeaders, headers: Mapping[str, str]) -> None:
    """Refuse a request with two values of a header that may have one.

    Args:
        raw: the headers as they came.
        headers: `header_map` of them.

    Raises:
        RepeatedHeaderError: one of `SINGLE` was sent more than once.
    """
    if len(headers) == len(raw):
        return
    seen = set()
    for key, _ in raw:
        name = key.decode("latin-1")
        if name in seen and name in SINGLE:
            raise RepeatedHeaderError(name)
        seen.add(name)


def content_length(headers: Mapping[str, str]) -> int | None:
    """The declared size of the body in bytes; None if it is not declared."""
    declared = headers.get("content-length", "")
    # Python refuses to read thousands of digits, and the parser takes any number of zeros.
    return int(declared.lstrip("0") or "0") if declared.isdecimal() else None


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

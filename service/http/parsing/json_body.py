"""Request bodies: JSON to the models of the API.

JSON is UTF-8 (RFC 8259); a byte-order mark before it is skipped. A surrogate escape without its
partner, which a client leaves that cuts a text in the middle of an emoji, is read as U+FFFD, as
browsers do. Error messages name positions, fields and encodings, and never quote a value.
"""

import codecs
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from service.errors import InvalidFieldError, UnreadableBodyError, UnsupportedMediaTypeError
from service.http.messages import Request

M = TypeVar("M", bound=BaseModel)

MAX_QUOTED_CHARACTERS = 64
"""A field name that a caller made up is cut to this length in a message."""
_MAX_PROBLEMS = 256
"""Describing a hundred thousand wrong fields of one body would take a second and 100 MB."""
_JSON = "application/json"
_UTF_8 = frozenset({"utf-8", "utf8"})
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_NAME_END = re.compile(rb'"[ \t\r\n]*:')
_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*+)\\u"  # an odd number of backslashes: the last one is no escaped one
    rb"(?:([dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def parse(model: type[M], request: Request) -> M:
    """The body of a request.

    Raises:
        UnsupportedMediaTypeError: the headers do not declare plain JSON in UTF-8.
        UnreadableBodyError: the body is not JSON.
        InvalidFieldError: a field is wrong or given twice; the message begins with its name.
    """
    _check_media_type(request.headers)
    body = request.body.removeprefix(codecs.BOM_UTF8)
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        parsed = _parse_surrogates(model, body, error)
    # Fields of a body without nested objects end in this many name ends; text may add some.
    if len(_NAME_END.findall(body)) != len(parsed.model_fields_set):
        _check_names(body)
    return parsed


def _check_media_type(headers: Mapping[str, str]) -> None:
    content_type = headers.get("content-type", "")
    if content_type != _JSON:
        media_type, *parameters = content_type.split(";")
        if media_type.strip().lower() != _JSON:
            raise UnsupportedMediaTypeError
        for parameter in parameters:
            _check_charset(parameter)
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaTypeError


def _check_charset(parameter: str) -> None:
    name, _, value = parameter.partition("=")
    if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in _UTF_8:
        raise UnsupportedMediaTypeError(
            "content-type: the charset is not UTF-8; send UTF-8, and no charset or `charset=utf-8`"
        )


def _parse_surrogates(model: type[M], body: bytes, error: ValidationError) -> M:
    """Parse a body once more, without surrogate escapes that lack their partner.

    Raises:
        UnreadableBodyError: the body is not JSON for another reason.
        InvalidFieldError: a field is wrong.
    """
    if not _is_unreadable(error):
        raise _wrong_field(error) from None
    repaired = _SURROGATE.sub(lambda m: m[0] if m[2] else m[1] + rb"\ufffd", body)
    if repaired == body:
        raise _unreadable(body, error) from None
    try:
        return model.model_validate_json(repaired)
    except ValidationError as second:
        wrong = _unreadable(body, second) if _is_unreadable(second) else _wrong_field(second)
        raise wrong from None


def _is_unreadable(error: ValidationError) -> bool:
    return error.error_count() == 1 and _first(error)["type"] == "json_invalid"


def _unreadable(body: bytes, error: ValidationError) -> UnreadableBodyError:
    """Why a body is not JSON: its encoding if that is the reason, else the parser's reason."""
    if encoding := _other_encoding(body):
        return UnreadableBodyError(f"the body is in {encoding}; send UTF-8")
    try:
        body.decode()
    except UnicodeDecodeError as undecodable:
        return UnreadableBodyError(
            f"the body is not UTF-8: its byte {undecodable.start + 1:,} cannot be decoded"
        )
    return UnreadableBodyError(f"the body is not JSON: {_first(error)['ctx']['error']}")


def _other_encoding(body: bytes) -> str | None:
    """UTF-16 or UTF-32, by the byte-order mark or by the zeros beside the first characters."""
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return name
    zeros = body[:4].count(0)
    return {2: "UTF-16", 3: "UTF-32"}.get(zeros)


def _wrong_field(error: ValidationError) -> InvalidFieldError:
    if (count := error.error_count()) > _MAX_PROBLEMS:
        return InvalidFieldError(f"body: {count:,} fields are unknown or wrong")
    first = _first(error)
    field = ".".join(_shortened(str(step)) for step in first["loc"]) or "body"
    return InvalidFieldError(f"{field}: {first['msg'].removeprefix('Value error, ')}")


def _first(error: ValidationError) -> ErrorDetails:
    return error.errors(include_url=False, include_input=False)[0]


def _check_names(body: bytes) -> None:
    """Look for a name that an object has twice.

    Raises:
        InvalidFieldError: there is one. Readers differ on which of two values counts.
    """
    json.loads(body, object_pairs_hook=_object, parse_int=str, parse_float=str)


def _object(pairs: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise InvalidFieldError(f"{_shortened(name)}: given twice in one object")
        names.add(name)


def _shortened(name: str) -> str:
    return name if len(name) <= MAX_QUOTED_CHARACTERS else f"{name[:MAX_QUOTED_CHARACTERS]}…"

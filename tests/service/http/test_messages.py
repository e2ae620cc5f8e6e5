"""Bodies, headers and ids, without a server."""

import pytest

from service.errors import (
    InvalidFieldError,
    OverloadedError,
    UnreadableBodyError,
    UnsupportedMediaTypeError,
)
from service.http.messages import (
    Request,
    error_response,
    if_match,
    parse,
    request_id_from,
    to_json,
    with_header_fields,
)
from service.schemas import ClassifyRequest, CompareRequest

JSON = {"content-type": "application/json"}


def request(body: bytes, **headers: str) -> Request:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/compare", names, body, "id", 0.0)


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=utf-8", " application/json "]
)
def test_json_is_parsed(media_type: str) -> None:
    parsed = parse(CompareRequest, request(b'{"text": "x"}', content_type=media_type))
    assert parsed == CompareRequest(text="x")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content_type": "text/plain"},
        {"content_type": "application/json", "content_encoding": "gzip"},
    ],
)
def test_other_media_types_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(UnsupportedMediaTypeError):
        parse(CompareRequest, request(b'{"text": "x"}', **headers))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"text": "\\ud800"}'])
def test_bodies_that_are_not_json_are_refused(body: bytes) -> None:
    with pytest.raises(UnreadableBodyError):
        parse(CompareRequest, request(body, content_type="application/json"))


@pytest.mark.parametrize(
    ("model", "body", "field"),
    [
        (CompareRequest, b"[]", "body"),
        (CompareRequest, b"{}", "text"),
        (ClassifyRequest, b'{"texts": ["x", ""]}', "texts.1"),
        (ClassifyRequest, b"{}", "body"),
    ],
)
def test_the_wrong_field_is_named(model: type, body: bytes, field: str) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        parse(model, request(body, content_type="application/json"))
    assert caught.value.message.startswith(f"{field}: ")


@pytest.mark.parametrize("sent", ["a", "order-4711", "~" * 128])
def test_a_safe_request_id_is_kept(sent: str) -> None:
    assert request_id_from({"x-request-id": sent}) == sent


@pytest.mark.parametrize("sent", [None, "", " ", "a b", "a\n", "\xe9", "x" * 129])
def test_other_request_ids_are_replaced_by_new_ones(sent: str | None) -> None:
    headers = {} if sent is None else {"x-request-id": sent}
    one, other = request_id_from(headers), request_id_from(headers)
    assert one != other
    assert len(one) == len(other) == 32


def test_headers_fill_in_what_the_body_leaves_out() -> None:
    headers = {"x-routing-key": "ключ".encode().decode("latin-1"), "x-variant": "fp32"}
    filled = with_header_fields(ClassifyRequest(text="x"), headers)
    assert (filled.key, filled.variant) == ("ключ", "fp32")
    full = ClassifyRequest(text="x", key="k", variant="nano")
    assert with_header_fields(full, headers) == full
    assert with_header_fields(full, {}) is full


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-routing-key", ""),
        ("x-routing-key", "k" * 257),
        ("x-routing-key", "\xff"),
        ("x-variant", "v" * 65),
    ],
)
def test_invalid_headers_are_named_even_if_the_body_has_the_field(header: str, value: str) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        with_header_fields(ClassifyRequest(text="x", key="k", variant="v"), {header: value})
    assert caught.value.message.startswith(f"{header}: ")


@pytest.mark.parametrize(
    ("header", "version"),
    [(None, 7), ("*", None), ('"3"', 3), ('W/"3"', 3), ("3", 3), (' "12" ', 12)],
)
def test_if_match(header: str | None, version: int | None) -> None:
    assert if_match(header, default=7) == version


@pytest.mark.parametrize("header", ["", "three", '"*"', '"-1"', "9" * 17])
def test_if_match_must_be_an_etag(header: str) -> None:
    with pytest.raises(InvalidFieldError):
        if_match(header, default=None)


def test_an_error_becomes_a_response() -> None:
    response = error_response(OverloadedError(3), "the-id")
    assert response.status == 429
    assert response.headers == {"Retry-After": "3"}
    assert b'"code":"overloaded"' in response.body
    assert b'"request_id":"the-id"' in response.body


def test_bodies_are_utf_8() -> None:
    assert to_json(CompareRequest(text="ü")) == '{"text":"ü"}'.encode()

"""Request bodies, without a server."""

import pytest

from service.errors import InvalidFieldError, UnreadableBodyError, UnsupportedMediaTypeError
from service.http.messages import Request
from service.http.parsing.json_body import parse
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

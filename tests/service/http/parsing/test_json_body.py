"""Request bodies, without a server."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.errors import InvalidFieldError, UnreadableBodyError, UnsupportedMediaTypeError
from service.http.messages import Request
from service.http.parsing.json_body import parse
from service.routing.policy import RoutingUpdate
from service.schemas import ClassifyRequest, CompareRequest, FeedbackRequest

JSON_TYPE = {"content_type": "application/json"}
VALUES = {"text": '"x"', "texts": '["x"]', "variant": '"x"', "key": '"x"'}


def request(body: bytes, **headers: str) -> Request:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/compare", names, body, "id", 0.0)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        " application/json ",
        'application/json;v=1; Charset="UTF8"',
        "application/json;",
    ],
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
        {"content_type": "application/json", "content_encoding": "identity, identity"},
        {"content_type": "application/json-seq"},
    ],
)
def test_other_media_types_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(UnsupportedMediaTypeError):
        parse(CompareRequest, request(b'{"text": "x"}', **headers))


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", "us-ascii", ""])
def test_other_charsets_are_refused(charset: str) -> None:
    media_type = f"application/json; charset={charset}"
    with pytest.raises(UnsupportedMediaTypeError, match="the charset is not UTF-8"):
        parse(CompareRequest, request(b'{"text": "x"}', content_type=media_type))


def parsed_text(body: bytes) -> str:
    return parse(CompareRequest, request(body, **JSON_TYPE)).text


def test_a_byte_order_mark_is_skipped() -> None:
    assert parsed_text(b'\xef\xbb\xbf{"text": "\xef\xbb\xbfx"}') == "\ufeffx"


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-32-le", "UTF-32"),
        ("utf-32-be", "UTF-32"),
    ],
)
def test_other_encodings_are_named(codec: str, name: str) -> None:
    with pytest.raises(UnreadableBodyError, match=f"the body is in {name}; send UTF-8"):
        parsed_text('{"text": "x"}'.encode(codec))


def test_the_first_byte_that_is_not_utf_8_is_named() -> None:
    with pytest.raises(UnreadableBodyError, match="not UTF-8: its byte 14 cannot"):
        parsed_text('{"text": "café"}'.encode("cp1252"))


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"so sad \ud83d", "so sad \ufffd"),
        (r"\ude00 sad", "\ufffd sad"),
        (r"\uD83Dsad", "\ufffdsad"),
        (r"\ud83d\u0041", "\ufffdA"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\ud83d\ude00\ude00", "😀\ufffd"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\\ud83d \ud83d", r"\ud83d" + " \ufffd"),
        (r"\ud83d\\ude00", "\ufffd" + r"\ude00"),
    ],
)
def test_a_surrogate_without_its_partner_is_read_as_a_replacement_character(
    escaped: str, text: str
) -> None:
    assert parsed_text(f'{{"text": "{escaped}"}}'.encode()) == text
    batch = f'{{"texts": ["fine", "{escaped}"]}}'.encode()
    assert parse(ClassifyRequest, request(batch, **JSON_TYPE)).texts == ["fine", text]


@given(st.text(st.characters() | st.sampled_from('\\"u\ud83d\ude00'), min_size=1, max_size=50))
def test_any_escaped_text_is_read_as_utf_16_would_be(text: str) -> None:
    expected = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert parsed_text(json.dumps({"text": text}).encode()) == expected


def test_the_position_of_another_error_is_kept_beside_a_surrogate() -> None:
    with pytest.raises(UnreadableBodyError, match="trailing comma at line 1 column 19"):
        parsed_text(rb'{"text":"\ud83d", }')
    with pytest.raises(InvalidFieldError, match="extra: "):
        parsed_text(rb'{"text":"\ud83d", "extra": 1}')


@pytest.mark.parametrize(
    ("model", "body", "name"),
    [
        (CompareRequest, b'{"text":"a","text":"b"}', "text"),
        (CompareRequest, b'{"text" : "a", "text"\n:"a"}', "text"),
        (CompareRequest, rb'{"text":"a","te\u0078t":"a"}', "text"),
        (ClassifyRequest, b'{"text":"x","key":"a","key":"b"}', "key"),
        (RoutingUpdate, b'{"split":{"a":1,"b":2,"a":3},"reference":"a"}', "a"),
    ],
)
def test_a_name_that_is_given_twice_is_refused(model: type, body: bytes, name: str) -> None:
    with pytest.raises(InvalidFieldError, match=f"^{name}: given twice"):
        parse(model, request(body, **JSON_TYPE))


def test_text_may_look_like_names() -> None:
    assert parsed_text(rb'{"text":"\"text\":\"text\":"}') == '"text":"text":'


@pytest.mark.parametrize("field", ["text", "texts", "variant", "key"])
@given(
    names=st.lists(st.sampled_from(["text", "texts", "variant", "key"]), max_size=4),
    spaces=st.sampled_from(["", " ", "\n\t"]),
)
def test_duplicates_are_found_whatever_the_spelling(
    field: str, names: list[str], spaces: str
) -> None:
    fields = [f'"{name}"{spaces}:{spaces}' + VALUES[name] for name in (*names, field, field)]
    with pytest.raises(InvalidFieldError):
        parse(ClassifyRequest, request(f"{{{','.join(fields)}}}".encode(), **JSON_TYPE))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 300, "recursion limit exceeded"),
        (b'{"text":' + b"[" * 300 + b"]" * 300 + b"}", "recursion limit exceeded"),
        (b'{"text":' + b"1" * 5000 + b"}", "number out of range"),
        (b'{"text":"a\0b"}', "control character"),
        (b'{"text":"x"} {}', "trailing characters at line 1 column 14"),
        (b"{'text':'x'}", "key must be a string at line 1 column 2"),
    ],
)
def test_the_parser_says_what_is_wrong_and_where(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableBodyError, match=f"the body is not JSON: {reason}"):
        parsed_text(body)


@pytest.mark.parametrize("value", [b"NaN", b"-Infinity", b"1e99999", b"true", b"null", b"{}"])
def test_values_of_another_type_are_refused(value: bytes) -> None:
    with pytest.raises(InvalidFieldError, match=r"^text: Input should be a valid string"):
        parsed_text(b'{"text":' + value + b"}")


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"1e999"])
def test_weights_are_finite(value: bytes) -> None:
    body = b'{"split":{"a":' + value + b'},"reference":"a"}'
    with pytest.raises(InvalidFieldError, match=r"^split\.a: "):
        parse(RoutingUpdate, request(body, **JSON_TYPE))


def message_about(model: type, body: bytes) -> str:
    """The message of a refusal; empty if there is none."""
    try:
        parse(model, request(body, **JSON_TYPE))
    except (InvalidFieldError, UnreadableBodyError) as error:
        return error.message
    return ""


PRIVATE = "4f1c2a-private"
PRIVATE_VALUES = st.recursive(
    st.sampled_from([PRIVATE, PRIVATE * 2000, f"{PRIVATE} \ud83d", "", 0.5, None, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("split"), inner),
    max_leaves=4,
)
FIELDS = ("text", "texts", "variant", "key", "receipt", "labels", "split", "reference", "shadow")


@pytest.mark.parametrize("model", [ClassifyRequest, CompareRequest, FeedbackRequest, RoutingUpdate])
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), PRIVATE_VALUES, max_size=4),
    cut=st.integers(0, 40),
)
def test_messages_never_quote_a_value(model: type, fields: dict, cut: int) -> None:
    body = json.dumps(fields).encode()
    for sent in (body, body[:-cut], body.replace(b'"', b"'")):
        assert "4f1c2a" not in message_about(model, sent)


def test_long_names_are_cut_in_messages() -> None:
    with pytest.raises(InvalidFieldError, match=f"^{'k' * 64}…: "):
        parsed_text(b'{"text":"x","' + b"k" * 10_000 + b'":1}')


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"text": "\\ud8"}'])
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


@pytest.mark.parametrize(
    ("model", "start", "item", "end"),
    [
        (ClassifyRequest, b'{"texts": [', b"1", b"]}"),
        (FeedbackRequest, b'{"receipt": "a", "labels": [', b"1", b"]}"),
        (FeedbackRequest, b'{"receipt": "a", "labels": [', b"[1]", b"]}"),
        (FeedbackRequest, b'{"receipt": "a", "labels": [[', b"1", b"]]}"),
    ],
)
def test_a_list_of_wrong_items_costs_few_errors(
    model: type, start: bytes, item: bytes, end: bytes
) -> None:
    """Each error takes hundreds of bytes, and a body has room for half a million."""
    with pytest.raises(ValidationError) as raised:
        model.model_validate_json(start + b",".join([item] * 10_000) + end)
    assert raised.value.error_count() <= 3


@pytest.mark.parametrize(
    ("model", "start", "item", "end"),
    [
        (ClassifyRequest, b'{"text": "x"', b', "%d": 1', b"}"),
        (RoutingUpdate, b'{"reference": "x", "split": {"a": 1', b', "%d": []', b"}}"),
    ],
)
def test_many_wrong_fields_are_counted_and_not_described(
    model: type, start: bytes, item: bytes, end: bytes
) -> None:
    body = start + b"".join(item % i for i in range(1000)) + end
    assert message_about(model, body) == "body: 1,000 fields are unknown or wrong"

"""Request headers, without a server."""

import pytest

from service.errors import InvalidFieldError, RepeatedHeaderError
from service.http.parsing.headers import (
    SINGLE,
    check_single,
    content_length,
    header_map,
    if_match,
    request_id_from,
    with_header_fields,
)
from service.schemas import ClassifyRequest


def test_repeated_headers_are_joined_in_order() -> None:
    raw = [(b"accept", b"a"), (b"x", b"\xe9"), (b"accept", b"b")]
    assert header_map(raw) == {"accept": "a, b", "x": "\xe9"}
    check_single(raw, header_map(raw))


@pytest.mark.parametrize(
    ("declared", "size"),
    [("7", 7), ("0", 0), ("007", 7), ("0" * 9000 + "7", 7), ("0" * 9000, 0), ("", None)],
)
def test_a_declared_length_may_have_any_number_of_zeros(declared: str, size: int | None) -> None:
    assert content_length({"content-length": declared}) == size


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_two_values_of_a_single_header_are_refused_even_if_they_are_equal(name: str) -> None:
    raw = [(name.encode(), b"1"), (b"accept", b"x"), (name.encode(), b"1")]
    with pytest.raises(RepeatedHeaderError, match=f"{name}: sent more than once"):
        check_single(raw, header_map(raw))


def test_two_request_ids_are_replaced_like_any_unfit_one() -> None:
    headers = header_map([(b"x-request-id", b"one"), (b"x-request-id", b"two")])
    assert len(request_id_from(headers)) == 32


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

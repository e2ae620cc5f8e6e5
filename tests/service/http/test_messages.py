"""Responses, without a server."""

from service.errors import OverloadedError
from service.http.messages import error_response, to_json
from service.schemas import CompareRequest


def test_an_error_becomes_a_response() -> None:
    response = error_response(OverloadedError(), "the-id")
    assert response.status == 429
    assert response.headers == {"Retry-After": "1"}
    assert b'"code":"overloaded"' in response.body
    assert b'"request_id":"the-id"' in response.body


def test_bodies_are_utf_8() -> None:
    assert to_json(CompareRequest(text="ü")) == '{"text":"ü"}'.encode()

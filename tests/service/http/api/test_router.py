"""Routes by method and path, against a table made here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import MethodNotAllowedError, NotFoundError
from service.http.api.route import Handler, Route
from service.http.api.router import Router
from service.http.messages import Response


def respond(*_: object) -> Response:
    return Response(b"")


def route(method: str, path: str, handler: Handler = respond) -> Route:
    return Route(method=method, path=path, handler=handler, operation="o", summary="s")


TABLE = (
    route("GET", "/things"),
    route("GET", "/things/{name}"),
    route("PUT", "/things/{name}"),
    route("POST", "/things/{name}/parts/{part}"),
    route("GET", "/probe"),
)
ROUTER = Router(TABLE)


@pytest.mark.parametrize(
    ("method", "path", "index", "parameters"),
    [
        ("GET", "/things", 0, {}),
        ("GET", "/things/a", 1, {"name": "a"}),
        ("PUT", "/things/..", 2, {"name": ".."}),
        ("POST", "/things/a b/parts/{x}", 3, {"name": "a b", "part": "{x}"}),
        ("GET", "/probe", 4, {}),
    ],
)
def test_matches(method: str, path: str, index: int, parameters: dict[str, str]) -> None:
    found = ROUTER.match(method, path)
    assert found.route is TABLE[index]
    assert found.parameters == parameters


@pytest.mark.parametrize(
    "path", ["", "/", "/thing", "/things/", "/things/a/parts", "/things/a/b/c"]
)
def test_unknown_paths_list_the_calls_with_handlers(path: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        ROUTER.match("GET", path)
    calls = [f"{one.method} {one.path}" for one in TABLE if one.handler]
    assert caught.value.message.endswith(": " + ", ".join(calls))
    assert ROUTER.template(path) is None


def test_other_methods_of_a_path_are_named() -> None:
    with pytest.raises(MethodNotAllowedError) as caught:
        ROUTER.match("DELETE", "/things/a")
    assert caught.value.headers == {"Allow": "GET, PUT, HEAD, OPTIONS"}


def test_head_is_answered_by_the_route_of_get() -> None:
    assert ROUTER.match("HEAD", "/things").route is TABLE[0]
    with pytest.raises(MethodNotAllowedError):
        ROUTER.match("HEAD", "/things/a/parts/b")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/things", ("GET", "HEAD", "OPTIONS")),
        ("/things/a/parts/b", ("POST", "OPTIONS")),
        ("*", ("GET", "HEAD", "OPTIONS", "PUT", "POST")),
    ],
)
def test_methods_of_a_path(path: str, methods: tuple[str, ...]) -> None:
    assert ROUTER.allowed(path) == methods


def test_an_unknown_path_has_no_methods() -> None:
    with pytest.raises(NotFoundError):
        ROUTER.allowed("/nope")


def test_a_table_has_each_call_once() -> None:
    with pytest.raises(ValueError, match="GET /things"):
        Router((*TABLE, route("GET", "/things")))


@given(st.text(st.characters(exclude_characters="/"), min_size=1))
def test_a_template_hides_the_values_of_parameters(name: str) -> None:
    assert ROUTER.template(f"/things/{name}") == "/things/{name}"
    assert ROUTER.match("GET", f"/things/{name}").parameters == {"name": name}

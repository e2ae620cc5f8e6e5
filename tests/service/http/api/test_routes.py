"""Properties of every row of the route table."""

import pytest

from service.http.api.route import Route
from service.http.api.router import Router
from service.http.api.routes import CLASSIFY, METRICS, ROUTES


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.call)
def test_each_row_is_complete(route: Route) -> None:
    assert route.summary
    assert route.path.startswith("/")
    assert route.request is None or route.method in ("POST", "PUT")
    names = {one["name"] for one in route.parameters if one["in"] == "path"}
    assert names == {part[1:-1] for part in route.path.split("/") if part.startswith("{")}
    is_private = route.path == "/feedback/summary"
    assert route.is_admin == (_changes_state(route) or is_private)


def _changes_state(route: Route) -> bool:
    return route.path.endswith(("/load", "/unload", "/adapt")) or route.method == "PUT"


def test_the_table_can_be_indexed_and_has_the_calls_that_code_names() -> None:
    router = Router(ROUTES)
    assert router.match("POST", CLASSIFY).route.is_inference
    assert router.match("GET", METRICS).route.media_type == "text/plain"

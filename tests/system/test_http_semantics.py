"""The table of `http_semantics.py` over a running server."""

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.system.calls import TOKEN
from tests.system.http_semantics import CASES, ORIGIN, PREFIX, Answer, Case, check


@pytest.fixture(scope="module")
def address(
    run_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with run_server(
        tmp_path_factory.mktemp("server"),
        EMOTION_VARIANTS=str(Path(__file__).parents[2] / "variants"),
        EMOTION_ADMIN_TOKEN=TOKEN,
        EMOTION_CORS_ORIGINS=ORIGIN,
        EMOTION_ROOT_PATH=PREFIX,
    ) as server:
        yield urlsplit(server.url).netloc


def send(address: str, case: Case) -> Answer:
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.putrequest(case.method, case.path, skip_accept_encoding=True)
    for name, value in case.headers:
        connection.putheader(name, value)
    if case.method in ("POST", "PUT"):
        connection.putheader("Content-Length", str(len(case.body)))
    connection.endheaders(case.body)
    response = connection.getresponse()
    answer = Answer(
        response.status,
        [(name.lower(), value) for name, value in response.getheaders()],
        response.read(),
    )
    connection.close()
    return answer


@pytest.mark.parametrize("about", CASES)
def test_the_response_is_what_the_table_says(address: str, about: str) -> None:
    check(CASES[about], send(address, CASES[about]))


@pytest.mark.parametrize(
    "path", ["/", "/livez", "/readyz", "/routing", "/variants", "/schema.json"]
)
def test_head_has_the_headers_of_get(address: str, path: str) -> None:
    get, head = (send(address, Case("", method, path)) for method in ("GET", "HEAD"))
    varying = {"date", "x-request-id"}
    assert [h for h in head.headers if h[0] not in varying] == [
        h for h in get.headers if h[0] not in varying
    ]
    assert (head.status, head.body) == (get.status, b"")
    assert dict(head.headers)["content-length"] == str(len(get.body))


def test_a_connection_goes_on_after_head_and_options(address: str) -> None:
    connection = http.client.HTTPConnection(address, timeout=30)
    for method, status in (("HEAD", 200), ("OPTIONS", 204), ("GET", 200)):
        connection.request(method, "/routing")
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()

"""The page at `/`, as far as it can be checked without a browser."""

import re
from collections.abc import Callable

import httpx
import pytest

from service.schemas import Compared


def test_the_page_loads_its_own_files_only(call: Callable[..., httpx.Response]) -> None:
    page = call("GET", "/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    wanted = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert wanted == ["static/playground.css", "static/playground.js"]
    wanted = [f"/{path}" for path in wanted]
    types = [call("GET", path).headers["content-type"] for path in wanted]
    assert types == ["text/css; charset=utf-8", "text/javascript; charset=utf-8"]
    for path in ("/", *wanted):
        body = call("GET", path).text
        assert not re.search(r"https?://", body)  # nothing from elsewhere
        assert not re.search(r"\son[a-z]+=|style=|innerHTML|eval\(", body)  # nothing inline


def test_the_page_has_every_element_that_the_script_uses(
    call: Callable[..., httpx.Response],
) -> None:
    script = call("GET", "/static/playground.js").text
    page = call("GET", "/").text
    wanted = set(re.findall(r'getElementById\("([^"]+)"\)', script))
    assert wanted <= set(re.findall(r'id="([^"]+)"', page))
    # The script reads exactly the fields of a result.
    response = call("POST", "/compare", json={"text": "happy"}).json()
    read = set(re.findall(r"result\.([a-z_]+)", script))
    assert read == {*response["results"][0], "unsure"} == Compared.model_fields.keys()


@pytest.mark.parametrize("path", ["/", "/static/playground.js"])
def test_security_headers(call: Callable[..., httpx.Response], path: str) -> None:
    headers = call("GET", path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_other_files_are_not_found(
    call: Callable[..., httpx.Response], assert_error: Callable[..., None]
) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/", "/index.html"):
        assert_error(call("GET", path), 404, "not_found")
    assert_error(call("POST", "/", json={}), 405, "method_not_allowed", "GET")

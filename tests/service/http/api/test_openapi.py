"""The API document against the API."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from service.http.api.openapi import document
from service.http.api.routes import ROUTES


@pytest.fixture
def doc() -> dict[str, Any]:
    return json.loads(document(ROUTES, ("broken", "fp32", "int8-dynamic", "int8-static")))


def test_it_is_served(call: Callable[..., httpx.Response], doc: dict[str, Any]) -> None:
    assert call("GET", "/docs.json").json() == doc


def test_it_has_every_call_and_no_other(doc: dict[str, Any]) -> None:
    routes = {(route.path, route.method.lower()) for route in ROUTES}
    described = {(path, method) for path, by in doc["paths"].items() for method in by}
    undescribed = {(path, method) for path, method in routes if path.startswith("/static/")}
    undescribed |= {(path, method) for path, method in routes if method == "head"}
    assert described == routes - undescribed


def test_calls_for_administrators_are_marked(
    call: Callable[..., httpx.Response], doc: dict[str, Any]
) -> None:
    for path, by in doc["paths"].items():
        for method, operation in by.items():
            response = call(method.upper(), path.replace("{name}", "fp32"))
            assert ("security" in operation) == (response.status_code == 401), path
            assert str(response.status_code) in operation["responses"], path


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["$ref"]] if "$ref" in part else []
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_reference_can_be_resolved(doc: dict[str, Any]) -> None:
    found = set(references(doc))
    assert found
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in doc["components"]["schemas"]


def test_its_examples_are_valid(call: Callable[..., httpx.Response], doc: dict[str, Any]) -> None:
    schemas = doc["components"]["schemas"]
    for path in ("/classify", "/compare"):
        content = doc["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        name = content["schema"]["$ref"].rpartition("/")[2]
        assert call("POST", path, json=schemas[name]["example"]).status_code == 200


def test_ids_are_names_of_functions(doc: dict[str, Any]) -> None:
    ids = [operation["operationId"] for by in doc["paths"].values() for operation in by.values()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z_]+", name) for name in ids)

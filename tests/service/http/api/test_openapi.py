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
    return json.loads(document(ROUTES))


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


def test_no_field_of_a_request_is_required_by_its_default(doc: dict[str, Any]) -> None:
    """Generators of clients demand fields that have a default."""
    schemas = doc["components"]["schemas"]
    for name in ("ClassifyText", "ClassifyTexts", "CompareRequest", "RoutingUpdate"):
        assert not [field for field in schemas[name]["properties"].values() if "default" in field]


def test_a_request_to_classify_has_a_text_or_texts(doc: dict[str, Any]) -> None:
    schemas = doc["components"]["schemas"]
    alternatives = ["ClassifyText", "ClassifyTexts"]
    references = [{"$ref": f"#/components/schemas/{name}"} for name in alternatives]
    assert schemas["ClassifyRequest"]["oneOf"] == references
    for name, given, other in zip(alternatives, ("text", "texts"), ("texts", "text"), strict=True):
        fields = schemas[name]["properties"]
        assert list(fields) == ["text", "texts", "variant", "key"]
        assert schemas[name]["required"] == [given]
        assert fields[given]["type"] in ("string", "array")
        assert fields[other] == {"type": "null"}


def test_ids_are_names_of_functions(doc: dict[str, Any]) -> None:
    ids = [operation["operationId"] for by in doc["paths"].values() for operation in by.values()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z_]+", name) for name in ids)

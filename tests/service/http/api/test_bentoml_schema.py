"""The document for BentoML's clients; `tests/system/test_bentoml_client.py` has the clients."""

import json
from typing import Any

from service.http.api.bentoml_schema import schema
from service.http.api.routes import ROUTES

DOCUMENT: dict[str, Any] = json.loads(schema(ROUTES))


def test_it_has_the_calls_that_need_neither_path_nor_token() -> None:
    assert [call["name"] for call in DOCUMENT["routes"]] == ["classify", "compare", "feedback"]


def test_the_text_is_the_first_argument() -> None:
    for call in DOCUMENT["routes"][:2]:
        assert next(iter(call["input"]["properties"])) == "text"


def test_it_has_what_the_clients_read() -> None:
    for call in DOCUMENT["routes"]:
        assert call["route"] == f"/{call['name']}"
        assert call["output"]["type"] == "object"
        for field in call["input"]["properties"].values():
            assert field.get("type") != "array" or "items" in field

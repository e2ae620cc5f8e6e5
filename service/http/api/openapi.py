"""The OpenAPI document of a route table, built from the models that validate requests."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import edgemood
from service.http.api.route import Route, header_parameter
from service.schemas import ErrorResponse

_REF = "#/components/schemas/{model}"
_MEANINGS = {
    400: "the body is not JSON, or a header that may have one value was sent twice",
    401: "the admin token is missing or wrong",
    403: "the server was started without an admin token",
    404: "no variant of that name; the message lists the known names",
    408: "the body paused for too long, or came too slowly",
    409: "the call conflicts with the present state; the code says how",
    410: "the receipt is too old, or its variant's file was replaced or removed",
    413: "the body is over 1 MiB, or its texts have too many tokens",
    415: "the body is not declared as plain JSON in UTF-8",
    422: "a field or header is wrong; the message begins with its name",
    429: "too many requests at once, or too many with a wrong admin token",
    500: "a fault of the service; the log has it under the request's id",
    503: "the service or a variant cannot answer now; the code says why",
}
_ANY_CALL = (400, 408, 413, 500)
_ANY_WORK = (429, 503)
_WITH_BODY = (415, 422)
_ADMIN = (401, 403)
_REQUEST_ID = header_parameter(
    "X-Request-ID",
    "returned in the response; the service generates one if it is missing or unfit",
    {"type": "string"},
    example="order-4711",
)


def document(routes: Iterable[Route], root_path: str = "") -> bytes:
    """The document as JSON. It depends on the code alone, so a generated client fits every server.

    Args:
        routes: the route table.
        root_path: the prefix of all paths, without a final slash.
    """
    documented = [route for route in routes if route.is_documented]
    content = {
        "openapi": "3.1.0",
        "info": {
            "title": "edgemood",
            "version": edgemood.__version__,
            "description": "Emotion labels for text, from several variants of one classifier.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": root_path or "/"}],
        "paths": _paths(documented),
        "components": {
            "schemas": _schemas(documented),
            "securitySchemes": {
                "admin": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "the server's EMOTION_ADMIN_TOKEN",
                }
            },
        },
    }
    return json.dumps(content, indent=1).encode()


def _schemas(routes: Iterable[Route]) -> dict[str, Any]:
    """The schemas of all models, in forms that generators of clients understand."""
    _, definitions = models_json_schema(
        [(model, _mode(model)) for model in _models(routes)], ref_template=_REF
    )
    schemas: dict[str, Any] = definitions["$defs"]
    for name in [route.request.__name__ for route in routes if route.request is not None]:
        _drop_defaults(schemas[name]["properties"])
        if "oneOf" in schemas[name]:
            schemas |= _alternatives(name, schemas[name])
    return schemas


def _models(routes: Iterable[Route]) -> Iterable[type[BaseModel]]:
    """Every model once, in the order of the routes."""
    used = [model for route in routes for model in (route.request, route.response)]
    return dict.fromkeys(model for model in (*used, ErrorResponse) if model is not None)


def _mode(model: type[BaseModel]) -> Any:
    return "validation" if model.__name__.endswith(("Request", "Update")) else "serialization"


def _drop_defaults(properties: dict[str, Any]) -> None:
    """Describe the defaults of a request in words: generators require fields that have one."""
    for field in properties.values():
        default = field.pop("default", None)
        if default is not None:
            described = f"{field.get('description', '')} (default: {json.dumps(default)})"
            field["description"] = described.strip()


def _alternatives(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The model of a request as one schema for each alternative of its `oneOf`.

    Generators ignore properties beside `oneOf`, so each alternative gets all of them.

    Returns:
        Name -> schema: the alternatives, and the request's own, which refers to them.
    """
    fields, found = schema["properties"], {}
    for alternative in schema["oneOf"]:
        (given,) = alternative["required"]
        own = {
            given: {**fields[given]["anyOf"][0], "title": fields[given]["title"]},
            **{field: {"type": "null"} for field in alternative["properties"] if field != given},
        }
        found[f"{name.removesuffix('Request')}{given.title()}"] = {
            "type": "object",
            "properties": {field: own.get(field, described) for field, described in fields.items()},
            "required": [given],
            "additionalProperties": False,
        }
    references = [{"$ref": _REF.format(model=one)} for one in found]
    kept = {key: schema[key] for key in ("title", "description", "example")}
    return {**found, name: {**kept, "oneOf": references}}


def _paths(routes: Iterable[Route]) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return paths


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "parameters": [*route.parameters, _REQUEST_ID],
        "responses": {
            "200": _success(route),
            **{str(status): _failure(status) for status in sorted(_failures(route))},
        },
    }
    if route.request is not None:
        operation["requestBody"] = {"required": True, "content": _json_content(route.request)}
    if route.is_admin:
        operation["security"] = [{"admin": []}]
    return operation


def _failures(route: Route) -> set[int]:
    with_body = _WITH_BODY if route.request else ()
    of_work = () if route.is_probe else _ANY_WORK
    admin = _ADMIN if route.is_admin else ()
    return {*route.errors, *_ANY_CALL, *of_work, *with_body, *admin}


def _success(route: Route) -> dict[str, Any]:
    if route.response is None:
        schema = {"type": "object" if "json" in route.media_type else "string"}
        return {"description": "done", "content": {route.media_type: {"schema": schema}}}
    headers = {"X-Request-ID": ("string", "the request's"), **(route.response_headers or {})}
    return {
        "description": "done",
        "headers": _described(headers),
        "content": _json_content(route.response),
    }


def _failure(status: int) -> dict[str, Any]:
    failure = {"description": _MEANINGS[status], "content": _json_content(ErrorResponse)}
    if status == 429:
        failure["headers"] = _described({"Retry-After": ("integer", "seconds to wait")})
    return failure


def _json_content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}


def _described(headers: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        name: {"description": meaning, "schema": {"type": kind}}
        for name, (kind, meaning) in headers.items()
    }

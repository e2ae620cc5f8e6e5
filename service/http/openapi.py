"""The OpenAPI document of every call, made of the models that the calls are checked with."""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import edgemood
from service.routing.assignment import BUCKETS
from service.routing.policy import ETAG_PATTERN, Policy, RoutingUpdate, ShadowSettings
from service.schemas import (
    MAX_KEY_CHARACTERS,
    MAX_NAME_CHARACTERS,
    ClassifyRequest,
    ClassifyResponse,
    CompareRequest,
    CompareResponse,
    ErrorResponse,
    FeedbackRequest,
    FeedbackResponse,
    VariantInfo,
    VariantList,
)

_REF = "#/components/schemas/{model}"
_MEANINGS = {
    400: "the body is not JSON",
    401: "the admin token is missing or wrong",
    403: "the server was started without an admin token",
    404: "no variant of that name, and the message lists those there are; or no such receipt",
    408: "the body did not come in time",
    409: "the state is not what the call takes for granted; the code says which",
    413: "the body is over 1 MiB",
    415: "the body is not declared as plain JSON",
    422: "a field or header is wrong; the message begins with its name",
    429: "too many requests at once",
    500: "a fault of the service; the log has it under the request's id",
    503: "a variant that exists cannot answer, or the state folder cannot be written",
}
_ANY_CALL = (408, 413, 500)
_WITH_BODY = (400, 415, 422)
_ADMIN = (401, 403)
_REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    "description": "comes back in the answer; another is made up where it is missing or unfit",
    "schema": {"type": "string"},
    "example": "order-4711",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "the version that it is meant to replace, the ETag of GET /routing; or *",
    "schema": {"type": "string", "pattern": ETAG_PATTERN},
}
_NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "of a variant",
    "schema": {"type": "string", "minLength": 1},
    "example": "apot-kd",
}


@functools.lru_cache(maxsize=1)
def document(variants: tuple[str, ...]) -> bytes:
    """The document as JSON.

    Args:
        variants: the names that a policy may use.
    """
    models = (ClassifyRequest, ClassifyResponse, CompareRequest, CompareResponse, FeedbackRequest)
    more = (FeedbackResponse, VariantInfo, VariantList, RoutingUpdate, Policy, ErrorResponse)
    _, schemas = models_json_schema(
        [(model, _mode(model)) for model in (*models, *more)], ref_template=_REF
    )
    _name_variants(schemas["$defs"], variants)
    content = {
        "openapi": "3.1.0",
        "info": {
            "title": "edgemood",
            "version": edgemood.__version__,
            "description": "Emotion labels for text, from several variants of one classifier.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {
            "schemas": schemas["$defs"],
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


def _name_variants(schemas: dict[str, Any], variants: tuple[str, ...]) -> None:
    """Say which names a policy may use, and that one of them must answer."""
    name = {"type": "string", "enum": list(variants)}
    update = schemas[RoutingUpdate.__name__]["properties"]
    update["split"]["propertyNames"] = name
    update["split"]["anyOf"] = [
        {"required": [one], "properties": {one: {"exclusiveMinimum": 0}}} for one in variants
    ]
    update["reference"] |= name
    schemas[ShadowSettings.__name__]["properties"]["variant"] |= name


def _mode(model: type[BaseModel]) -> Any:
    return "validation" if model.__name__.endswith(("Request", "Update")) else "serialization"


def _paths() -> dict[str, Any]:
    return {
        "/classify": {
            "post": _operation(
                "classify",
                "Labels for one text or several",
                body=ClassifyRequest,
                answer=ClassifyResponse,
                errors=(404, 429, 503),
                headers={
                    "X-Variant": ("string", "the variant that answered"),
                    "Server-Timing": ("string", "milliseconds in each stage"),
                },
                parameters=(
                    _header("X-Routing-Key", "in the place of `key`", MAX_KEY_CHARACTERS),
                    _header("X-Variant", "in the place of `variant`", MAX_NAME_CHARACTERS),
                ),
            )
        },
        "/compare": {
            "post": _operation(
                "compare",
                "One text through every loaded variant",
                body=CompareRequest,
                answer=CompareResponse,
                errors=(429, 503),
            )
        },
        "/feedback": {
            "post": _operation(
                "feedback",
                "The truth about an earlier answer",
                body=FeedbackRequest,
                answer=FeedbackResponse,
                errors=(404, 409, 503),
            )
        },
        "/variants": {"get": _operation("variants", "All variants", answer=VariantList)},
        "/variants/{name}": {
            "get": _operation(
                "variant", "One variant", answer=VariantInfo, errors=(404,), parameters=(_NAME,)
            )
        },
        "/variants/{name}/load": {
            "post": _operation(
                "load",
                "Bring a variant into memory, on all workers",
                answer=VariantInfo,
                errors=(404, 503),
                parameters=(_NAME,),
                admin=True,
            )
        },
        "/variants/{name}/unload": {
            "post": _operation(
                "unload",
                "Take a variant out of memory, on all workers",
                answer=VariantInfo,
                errors=(404, 409, 503),
                parameters=(_NAME,),
                admin=True,
            )
        },
        "/routing": {
            "get": _operation(
                "routing",
                f"The routing policy: who answers which of {BUCKETS:,} buckets of keys",
                answer=Policy,
                headers={"ETag": ("string", "the policy's version")},
            ),
            "put": _operation(
                "set_routing",
                "Replace the routing policy",
                body=RoutingUpdate,
                answer=Policy,
                errors=(409, 503),
                headers={"ETag": ("string", "the policy's version")},
                parameters=(_IF_MATCH,),
                admin=True,
            ),
        },
        "/": {"get": _plain("playground", "A page that compares the variants", "text/html")},
        "/metrics": {"get": _plain("metrics", "Prometheus metrics", "text/plain")},
        "/livez": {"get": _plain("livez", "Whether the process runs", "text/plain")},
        "/readyz": {"get": _plain("readyz", "Whether it can answer", "text/plain", (503,))},
        "/healthz": {"get": _plain("healthz", "Whether it can answer", "text/plain", (503,))},
        "/docs.json": {"get": _plain("openapi", "This document", "application/json")},
    }


def _operation(
    name: str,
    summary: str,
    *,
    answer: type[BaseModel],
    body: type[BaseModel] | None = None,
    errors: Iterable[int] = (),
    headers: Mapping[str, tuple[str, str]] | None = None,
    parameters: Iterable[Mapping[str, Any]] = (),
    admin: bool = False,
) -> dict[str, Any]:
    failures = {*errors, *_ANY_CALL, *(_WITH_BODY if body else ()), *(_ADMIN if admin else ())}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [*parameters, _REQUEST_ID],
        "responses": {
            "200": {
                "description": "done",
                "headers": _described(
                    {"X-Request-ID": ("string", "the request's"), **(headers or {})}
                ),
                "content": _json_content(answer),
            },
            **{str(status): _failure(status) for status in sorted(failures)},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _json_content(body)}
    if admin:
        operation["security"] = [{"admin": []}]
    return operation


def _plain(name: str, summary: str, media_type: str, errors: Iterable[int] = ()) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "object"} if "json" in media_type else {}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_REQUEST_ID],
        "responses": {
            "200": {"description": "done", "content": content},
            **{str(status): _failure(status) for status in sorted({*errors, *_ANY_CALL})},
        },
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


def _header(name: str, description: str, most: int) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": schema,
    }

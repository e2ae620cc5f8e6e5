"""The route table: one row for each call, with everything that HTTP needs of it."""

import functools

from service.feedback_schemas import AdaptRequest, AdaptResponse, FeedbackSummary
from service.http.api import handlers
from service.http.api.bentoml_schema import schema
from service.http.api.openapi import document
from service.http.api.playground import ASSETS, INDEX
from service.http.api.route import Handler, Route, header_parameter, path_parameter
from service.http.messages import Request, Response
from service.http.services import Services
from service.routing.assignment import BUCKETS
from service.routing.policy import ETAG_PATTERN, Policy, RoutingUpdate
from service.schemas import (
    MAX_KEY_CHARACTERS,
    MAX_NAME_CHARACTERS,
    ClassifyRequest,
    ClassifyResponse,
    CompareRequest,
    CompareResponse,
    FeedbackRequest,
    FeedbackResponse,
    VariantInfo,
    VariantList,
)

CLASSIFY = "/classify"
METRICS = "/metrics"
LIVENESS = "/livez"

_NAME = path_parameter("name", "of a variant", "apot-kd")
_ROUTING_KEY = header_parameter(
    "X-Routing-Key",
    "in the place of `key`",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS},
)
_VARIANT = header_parameter(
    "X-Variant",
    "in the place of `variant`",
    {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS},
)
_IF_MATCH = header_parameter(
    "If-Match",
    "the version that it is meant to replace, the ETag of GET /routing; or *",
    {"type": "string", "pattern": ETAG_PATTERN},
)
_ETAG = {"ETag": ("string", "the policy's version")}

API_ROUTES = (
    Route(
        method="POST",
        path=CLASSIFY,
        handler=handlers.classify,
        operation="classify",
        summary="Labels for one text or several",
        request=ClassifyRequest,
        response=ClassifyResponse,
        errors=(404, 429, 503),
        response_headers={
            "X-Variant": ("string", "the variant that answered"),
            "Server-Timing": ("string", "milliseconds in each stage"),
        },
        parameters=(_ROUTING_KEY, _VARIANT),
        is_inference=True,
        is_inline=True,
    ),
    Route(
        method="POST",
        path="/compare",
        handler=handlers.compare,
        operation="compare",
        summary="One text through every loaded variant",
        request=CompareRequest,
        response=CompareResponse,
        errors=(429, 503),
        is_inference=True,
    ),
    Route(
        method="POST",
        path="/feedback",
        handler=handlers.record_feedback,
        operation="feedback",
        summary="The truth about an earlier answer",
        request=FeedbackRequest,
        response=FeedbackResponse,
        errors=(409, 410, 503),
        is_feedback=True,
    ),
    Route(
        method="GET",
        path="/feedback/summary",
        handler=handlers.summarize_feedback,
        operation="feedback_summary",
        summary="How many answers of each variant were judged, and how right they were",
        response=FeedbackSummary,
        errors=(503,),
        is_admin=True,
    ),
    Route(
        method="GET",
        path="/variants",
        handler=handlers.list_variants,
        operation="variants",
        summary="All variants",
        response=VariantList,
    ),
    Route(
        method="GET",
        path="/variants/{name}",
        handler=handlers.show_variant,
        operation="variant",
        summary="One variant",
        response=VariantInfo,
        errors=(404,),
        parameters=(_NAME,),
    ),
    Route(
        method="POST",
        path="/variants/{name}/load",
        handler=handlers.load_variant,
        operation="load",
        summary="Bring a variant into memory, on all workers",
        response=VariantInfo,
        errors=(404, 503),
        parameters=(_NAME,),
        is_admin=True,
    ),
    Route(
        method="POST",
        path="/variants/{name}/unload",
        handler=handlers.unload_variant,
        operation="unload",
        summary="Take a variant out of memory, on all workers",
        response=VariantInfo,
        errors=(404, 409, 503),
        parameters=(_NAME,),
        is_admin=True,
    ),
    Route(
        method="POST",
        path="/variants/{name}/adapt",
        handler=handlers.adapt_variant,
        operation="adapt",
        summary="Make a new variant, fitted to the judged answers of this one",
        request=AdaptRequest,
        response=AdaptResponse,
        errors=(404, 409, 503),
        parameters=(_NAME,),
        is_admin=True,
    ),
    Route(
        method="GET",
        path="/routing",
        handler=handlers.show_routing,
        operation="routing",
        summary=f"The routing policy: who answers which of {BUCKETS:,} buckets of keys",
        response=Policy,
        response_headers=_ETAG,
    ),
    Route(
        method="PUT",
        path="/routing",
        handler=handlers.change_routing,
        operation="set_routing",
        summary="Replace the routing policy",
        request=RoutingUpdate,
        response=Policy,
        errors=(409, 503),
        response_headers=_ETAG,
        parameters=(_IF_MATCH,),
        is_admin=True,
    ),
)


def show_document(_: Services, request: Request) -> Response:
    """`GET /docs.json`. It stands here because it describes this table."""
    return Response(_document(request.root_path))


@functools.lru_cache(maxsize=1)
def _document(root_path: str) -> bytes:
    return document(ROUTES, root_path)


def show_bentoml_schema(_: Services, __: Request) -> Response:
    """`GET /schema.json`."""
    return Response(_bentoml_schema())


@functools.cache
def _bentoml_schema() -> bytes:
    return schema(API_ROUTES)


BENTOML_SCHEMA_ROUTE = Route(
    method="GET",
    path="/schema.json",
    handler=show_bentoml_schema,
    operation="bentoml_schema",
    summary="The calls that BentoML's clients can make",
)
DOCUMENT_ROUTE = Route(
    method="GET",
    path="/docs.json",
    handler=show_document,
    operation="openapi",
    summary="This document",
)
PAGE_ROUTES = (
    Route(
        method="GET",
        path=INDEX,
        handler=handlers.show_page,
        operation="playground",
        summary="A page that compares the variants",
        media_type="text/html",
    ),
    *(
        Route(
            method="GET",
            path=path,
            handler=handlers.show_page,
            operation="asset",
            summary="A file that the page loads",
            is_documented=False,
        )
        for path in ASSETS
    ),
)


def _probe(path: str, handler: Handler, summary: str, *errors: int) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        operation=path.removeprefix("/"),
        summary=summary,
        media_type="text/plain",
        errors=errors,
        is_probe=True,
    )


PROBE_ROUTES = (
    _probe(LIVENESS, handlers.show_liveness, "Whether the process runs"),
    _probe("/readyz", handlers.show_readiness, "Whether it can answer", 503),
    _probe("/healthz", handlers.show_readiness, "Whether it can answer", 503),
)
METRICS_ROUTE = Route(
    method="GET",
    path=METRICS,
    handler=handlers.show_metrics,
    is_shared=True,
    operation="metrics",
    summary="Prometheus metrics",
    media_type="text/plain",
)

ROUTES = (
    *API_ROUTES,
    DOCUMENT_ROUTE,
    BENTOML_SCHEMA_ROUTE,
    *PAGE_ROUTES,
    *PROBE_ROUTES,
    METRICS_ROUTE,
)
